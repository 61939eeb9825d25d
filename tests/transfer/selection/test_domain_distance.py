import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.errors import DataError
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.selection import domain_distance
from transfer.selection.domain_distance import Probing

torch.set_num_threads(1)
MACHINE = Machine(torch.device("cpu"), "fp32", 1)
FACTS = Facts(kind="backbone", architecture="tiny", mean=(0.5,) * 3, std=(0.25,) * 3)
NAMES = ("rust", "scale", "crack")


def pictures(pixels, *, views=None):
    rows = pd.DataFrame({"label": np.arange(len(pixels)) % 3, "view": views or 0}, index=range(len(pixels)))
    return Split(rows, pd.DataFrame(), (pixels.astype(np.uint8),))


def tiny_body():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16)
    )


def pretrained_on(pixels):
    """Let the running statistics become those of one batch of all pictures, layer after layer."""
    body = tiny_body()
    for layer in body:
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    body.train()
    with torch.no_grad():
        body(normalise(torch.from_numpy(pixels.astype(np.uint8)), mean=FACTS.mean, std=FACTS.std))
    return body.eval()


def distance(body, pixels):
    moments = domain_distance.activation_moments(body, pictures(pixels), FACTS, MACHINE, batch_size=5)
    return domain_distance.mean_distance(domain_distance.feature_distances(body, moments))


@pytest.fixture
def source():
    return np.random.default_rng(0).normal(120, 25, (24, 16, 16, 3)).clip(0, 255)


def test_moments_are_those_of_all_activations_whatever_the_batch(source):
    body = pretrained_on(source)
    values = normalise(torch.from_numpy(source.astype(np.uint8)), mean=FACTS.mean, std=FACTS.std)
    with torch.no_grad():
        entering = {"1": body[:1](values), "4": body[:4](values)}

    for batch_size in (1, 7, 24):
        found = domain_distance.activation_moments(body, pictures(source), FACTS, MACHINE, batch_size=batch_size)
        for name, expected in entering.items():
            channels = expected.double().transpose(0, 1).flatten(1)
            torch.testing.assert_close(found[name][0], channels.mean(1), rtol=1e-5, atol=1e-7)
            torch.testing.assert_close(found[name][1], channels.var(1, correction=0), rtol=1e-4, atol=1e-7)


def test_distance_is_frechets_between_gaussians_channel_by_channel():
    body = tiny_body()
    body[1].running_mean.copy_(torch.linspace(-1, 1, 8))
    body[1].running_var.copy_(torch.linspace(0.5, 4, 8))
    mean, variance = torch.linspace(2, 0, 8).double(), torch.linspace(3, 0, 8).double()

    found = domain_distance.feature_distances(body, {"1": (mean, variance)})["1"]

    one_by_one = []
    for channel in range(8):
        source = float(body[1].running_var[channel] + 1e-5)
        target = float(variance[channel] + 1e-5)
        # The closed form for Gaussians: |m - m0|^2 + v + v0 - 2 sqrt(v v0), in units of the source's variance.
        shift = float(mean[channel] - body[1].running_mean[channel])
        one_by_one.append(((shift**2 + target + source - 2 * (target * source) ** 0.5) / source) ** 0.5)
    assert found == pytest.approx(np.mean(one_by_one), rel=1e-4)


def test_pictures_of_the_source_are_near_and_noise_and_light_take_them_away(source):
    body = pretrained_on(source)
    generator = np.random.default_rng(1)
    others = generator.normal(120, 25, source.shape).clip(0, 255)
    noisy = [distance(body, (others + generator.normal(0, sigma, source.shape)).clip(0, 255)) for sigma in (10, 40, 80)]
    lighter = [distance(body, (others + light).clip(0, 255)) for light in (10, 40, 80)]

    assert distance(body, source) < 0.01
    assert distance(body, others) < 0.1
    assert distance(body, others) < noisy[0] < noisy[1] < noisy[2]
    assert distance(body, others) < lighter[0] < lighter[1] < lighter[2]


def test_without_batch_norm_there_is_no_distance(source):
    body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4))
    assert domain_distance.activation_moments(body, pictures(source), FACTS, MACHINE, batch_size=8) == {}
    assert domain_distance.mean_distance({}) is None


def test_probe_is_scikit_learns_model_on_every_fold():
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = (generator.normal(size=(60, 5)) + labels[:, None] * [1, 0, 0, 0.5, 0]).astype(np.float32)
    found = domain_distance.probe(features, labels, np.arange(60), Probing(folds=60 // 3, c=1.0, seed=0))

    # Twenty folds of three pictures, or leaving one out: nearly the same training sets.
    right = []
    for row in range(60):
        rest = np.arange(60) != row
        scaler = StandardScaler().fit(features[rest])
        model = LogisticRegression(C=1.0).fit(scaler.transform(features[rest]), labels[rest])
        right.append(model.predict(scaler.transform(features[[row]]))[0] == labels[row])
    assert found.accuracy == pytest.approx(np.mean(right), abs=0.05)
    assert 0 < found.standard_error < 0.2


def test_linked_pictures_do_not_answer_for_each_other():
    generator = np.random.default_rng(0)
    # Copies with labels that mean nothing: who has seen the copy knows the label, who has not must guess.
    groups = np.repeat(np.arange(40), 3)
    labels = np.repeat(generator.permutation(np.arange(40) % 2), 3)
    features = np.repeat(generator.normal(size=(40, 200)), 3, axis=0)
    features += generator.normal(0, 0.01, features.shape)

    how = Probing(folds=5, c=1.0, seed=0)
    assert domain_distance.probe(features, labels, np.arange(120), how).accuracy > 0.95
    assert domain_distance.probe(features, labels, groups, how).accuracy < 0.7


def test_a_class_counts_as_much_as_any_other():
    labels = np.array([0] * 90 + [1] * 10)
    assert domain_distance.mean_recall(np.zeros(100, int), labels) == 0.5


def test_part_of_the_way_from_chance():
    assert domain_distance.transferred(1.0, chance=0.25) == 1.0
    assert domain_distance.transferred(0.625, chance=0.25) == pytest.approx(0.5)
    assert domain_distance.transferred(0.2, chance=0.25) == 0.0


def test_augmented_and_unlabelled_pictures_are_left_out_and_no_more_than_asked_for_are_taken():
    split = pictures(np.arange(12)[:, None, None, None] * np.ones((12, 2, 2, 3)), views=[0, 1] * 6)
    split.rows.loc[4, "label"] = -1

    every = domain_distance.plain_pictures(split, most=99, seed=0)
    assert every.shards[0][:, 0, 0, 0].tolist() == [0, 2, 6, 8, 10]
    some = domain_distance.plain_pictures(split, most=3, seed=0)
    assert len(some) == 3
    assert some.rows["label"].tolist() == [index % 3 for index in some.shards[0][:, 0, 0, 0].tolist()]


def test_one_class_is_answered_in_a_sentence():
    with pytest.raises(DataError, match="images of one class, 'scale'; there is nothing to tell apart"):
        domain_distance.check_folds(np.ones(9, int), np.arange(9), NAMES, folds=3)


def test_fewer_images_than_folds_are_answered_in_a_sentence():
    labels = np.array([0] * 6 + [1] * 3)
    with pytest.raises(
        DataError, match=r"class 'scale' has 3 training images, fewer than advise.folds = 5.*folds to 3"
    ):
        domain_distance.check_folds(labels, np.arange(9), NAMES, folds=5)


def test_fewer_groups_than_folds_are_answered_in_a_sentence():
    labels = np.array([0] * 6 + [1] * 6)
    with pytest.raises(DataError, match=r"'scale' has 6 training images in 1 group of linked ones.*add images of it$"):
        domain_distance.check_folds(labels, np.array([0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6]), NAMES, folds=5)
