import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from transfer.evaluation import classification

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def answers():
    generator = np.random.default_rng(3)
    probabilities = generator.dirichlet(np.ones(4), 200).astype(np.float32)
    return probabilities, generator.integers(0, 4, 200)


def test_measures_equal_scikit_learns(answers):
    probabilities, labels = answers
    found = classification.metrics(probabilities, labels, NAMES)
    answered = probabilities.argmax(1)
    precision, recall, f1, support = precision_recall_fscore_support(labels, answered, zero_division=0)

    assert found["accuracy"] == pytest.approx(accuracy_score(labels, answered))
    assert found["macro_f1"] == pytest.approx(f1_score(labels, answered, average="macro"))
    assert found["num_images"] == 200
    for index, name in enumerate(NAMES):
        expected = {"precision": precision[index], "recall": recall[index], "f1": f1[index], "support": support[index]}
        assert found["per_class"][name] == pytest.approx(expected)


def test_confusion_counts_rows_by_truth(answers):
    probabilities, labels = answers
    expected = confusion_matrix(labels, probabilities.argmax(1))

    assert (classification.confusion(probabilities.argmax(1), labels, num_classes=4) == expected).all()


def test_calibration_error_equals_a_loop_over_bins(answers):
    probabilities, labels = answers
    gap = 0.0
    for low in np.arange(classification.NUM_BINS) / classification.NUM_BINS:
        inside = [
            i for i in range(len(labels)) if low < probabilities[i].max() <= low + 1 / classification.NUM_BINS + 1e-12
        ]
        if inside:
            accuracy = sum(probabilities[i].argmax() == labels[i] for i in inside) / len(inside)
            confidence = sum(float(probabilities[i].max()) for i in inside) / len(inside)
            gap += abs(accuracy - confidence) * len(inside) / len(labels)

    assert classification.expected_calibration_error(probabilities, labels) == pytest.approx(gap)


def test_a_class_that_never_occurs_counts_zero_and_not_in_the_mean():
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]], np.float32)
    found = classification.metrics(probabilities, np.array([0, 1]), ("a", "b", "never"))

    assert found["macro_f1"] == 1.0
    assert found["per_class"]["never"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_the_worst_come_first():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.8, 0.2]])

    assert classification.worst_first(probabilities, np.array([0, 1, 1, 1]))[0].tolist() == [3, 1]
    assert classification.worst_first(probabilities, np.array([0, 1, 1, 1]))[1] == 2
    # Nothing is wrong: the least confident first.
    assert classification.worst_first(probabilities, np.array([0, 0, 1, 0]))[0].tolist() == [1, 2, 3, 0]
    assert classification.worst_first(probabilities, np.array([0, 0, 1, 0]))[1] == 0
