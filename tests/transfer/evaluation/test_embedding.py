import numpy as np
import pytest
from sklearn.metrics import silhouette_score
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from transfer.errors import ParamsError
from transfer.evaluation import embedding


@pytest.fixture
def clouds():
    """Three classes that lie apart, but not wholly."""
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    centres = 2 * generator.normal(size=(3, 6))
    return generator.normal(size=(60, 6)) + centres[labels], labels


def test_neighbours_answer_as_scikit_learns_leave_one_out(clouds):
    features, labels = clouds
    for neighbours in (1, 5):
        slow = cross_val_score(KNeighborsClassifier(neighbours), features, labels, cv=LeaveOneOut())
        assert embedding.neighbour_accuracy(features, labels, neighbours=neighbours) == pytest.approx(slow.mean())


def test_the_silhouette_is_the_mean_over_pictures_by_hand(clouds):
    features, labels = clouds
    values = []
    for i in range(60):
        distances = np.linalg.norm(features - features[i], axis=1)
        own = distances[(labels == labels[i]) & (np.arange(60) != i)].mean()
        other = min(distances[labels == label].mean() for label in range(3) if label != labels[i])
        values.append((other - own) / max(own, other))

    assert embedding.separation(features, labels, neighbours=5)["silhouette"] == pytest.approx(np.mean(values))


def test_labels_by_chance_have_no_silhouette_to_speak_of(clouds):
    features, labels = clouds
    mixed = np.random.default_rng(1).permutation(labels)

    assert embedding.separation(features, labels, neighbours=5)["neighbour_accuracy"] > 0.8
    assert silhouette_score(features, mixed) < 0.05
    assert embedding.separation(features, mixed, neighbours=5)["neighbour_accuracy"] < 0.6


@pytest.mark.parametrize("labels", [np.zeros(60, int), np.arange(60)])
def test_a_silhouette_that_is_not_defined_is_none(clouds, labels):
    assert embedding.separation(clouds[0], labels, neighbours=5)["silhouette"] is None


def test_the_same_seed_lays_out_the_same_bytes(clouds):
    features, labels = clouds
    first, again, other = (embedding.layout(features, perplexity=10.0, seed=seed) for seed in (0, 0, 1))

    assert first.tobytes() == again.tobytes()
    assert first.shape == other.shape == (60, 2)
    # Neighbours in the plane are of one class, as they are among the features.
    assert embedding.neighbour_accuracy(first, labels, neighbours=5) > 0.8


@pytest.mark.parametrize("perplexity", [60.0, 61.0])
def test_a_perplexity_for_more_pictures_is_answered_in_a_sentence(clouds, perplexity):
    with pytest.raises(ParamsError, match=rf"perplexity: found {perplexity:g}, but there are 60 pictures.*less th"):
        embedding.layout(clouds[0], perplexity=perplexity, seed=0)


def test_too_many_neighbours_are_answered_in_a_sentence(clouds):
    with pytest.raises(ParamsError, match="neighbours: found 60, but each of 60 pictures has 59 others"):
        embedding.neighbour_accuracy(*clouds, neighbours=60)


def test_pictures_are_chosen_evenly_over_the_classes():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [60, 30, 10]))
    rows = embedding.chosen(labels, at_most=20)

    assert np.bincount(labels[rows]).tolist() == [12, 6, 2]
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert embedding.chosen(labels, at_most=200).tolist() == list(range(100))


def test_rows_are_scaled_to_length_one():
    found = embedding.normalised(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))

    assert found == pytest.approx(np.array([[0.6, 0.8], [0.0, 0.0]]))
