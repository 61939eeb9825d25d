import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from transfer.measures import classification

NAMES = np.array(["ant", "bee", "cat"])


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = NAMES[generator.integers(0, 3, 40)]
    return labels, np.where(generator.random(40) < 0.7, labels, NAMES[generator.integers(0, 3, 40)])


def test_images_that_count_twice_are_like_images_that_are_there_twice(answers) -> None:
    labels, predicted = answers
    counts = np.random.default_rng(1).integers(0, 4, (5, 40))

    accuracies = classification.accuracy(labels, predicted)(counts)
    scores = classification.macro_f1(labels, predicted)(counts)

    for draw, accuracy, score in zip(counts, accuracies, scores, strict=True):
        repeated = np.repeat(np.arange(40), draw)
        assert accuracy == pytest.approx(accuracy_score(labels[repeated], predicted[repeated]))
        assert score == pytest.approx(f1_score(labels[repeated], predicted[repeated], average="macro"))


def test_a_class_that_a_draw_has_nothing_of_is_not_in_its_mean() -> None:
    labels = predicted = np.array(["ant", "bee"])

    assert classification.macro_f1(labels, predicted)(np.array([[3, 0]])).tolist() == [1.0]


def test_recalls_are_the_shares_of_each_class() -> None:
    labels, predicted = np.array(["ant", "ant", "bee"]), np.array(["ant", "bee", "cat"])

    assert {"ant": 0.5, "bee": 0.0} == classification.recalls(labels, predicted)
