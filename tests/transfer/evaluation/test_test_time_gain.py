import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from transfer.evaluation import test_time_gain


def test_gain_is_the_difference_of_the_accuracies():
    generator = np.random.default_rng(1)
    plain, averaged = generator.dirichlet(np.ones(3), (2, 100))
    labels = generator.integers(0, 3, 100)
    found = test_time_gain.measure(plain, averaged, labels, ("a", "b", "c"), views="flips")
    before, after = plain.argmax(1), averaged.argmax(1)

    assert found["accuracy"] == pytest.approx(accuracy_score(labels, after))
    assert found["macro_f1"] == pytest.approx(f1_score(labels, after, average="macro"))
    assert found["gain"] == pytest.approx(accuracy_score(labels, after) - accuracy_score(labels, before))
    assert found["turned_right"] == sum(b != y == a for b, a, y in zip(before, after, labels, strict=True))
    assert found["turned_wrong"] == sum(b == y != a for b, a, y in zip(before, after, labels, strict=True))
    assert found["views"] == "flips"


def test_the_same_answers_gain_nothing():
    same = np.eye(2)
    found = test_time_gain.measure(same, same, np.array([0, 0]), ("a", "b"), views="none")

    assert (found["gain"], found["turned_right"], found["turned_wrong"], found["accuracy"]) == (0.0, 0, 0, 0.5)
