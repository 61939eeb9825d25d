import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import classification_report as sklearns

from transfer.evaluation import classification, classification_report, test_time_gain

NAMES = ("bright", "dark", "a longer name")


@pytest.mark.parametrize(("right", "count"), [(0, 5), (5, 5), (1, 1), (44, 45), (256, 270), (500, 1000)])
def test_the_interval_is_scipys(right, count):
    expected = binomtest(right, count).proportion_ci(0.95, method="wilson")

    assert classification_report.wilson_interval(right, count) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_seen_is_nothing_known():
    assert classification_report.wilson_interval(0, 0) == (0.0, 1.0)


@pytest.fixture
def answers():
    generator = np.random.default_rng(3)
    return generator.dirichlet(np.ones(3), 90), generator.integers(0, 3, 90)


def page(probabilities, labels, *, views="none", averaged=None):
    measured = classification.metrics(probabilities, labels, NAMES)
    other = probabilities if averaged is None else averaged
    gain = test_time_gain.measure(probabilities, other, labels, NAMES, views=views)
    return classification_report.text(measured | {"test_time": gain})


def test_every_class_has_scikit_learns_measures(answers):
    probabilities, labels = answers
    expected = sklearns(labels, probabilities.argmax(1), target_names=NAMES, output_dict=True)
    found = {line[:13].strip(): line[24:].split() for line in page(*answers).splitlines()[2:5]}

    for name in NAMES:
        values = [f"{expected[name][key]:.4f}" for key in ("precision", "recall", "f1-score")]
        assert found[name][:4] == [*values, f"{expected[name]['support']:.0f}"]
    macro = [f"{expected['macro avg'][key]:.4f}" for key in ("precision", "recall", "f1-score")]
    assert page(*answers).splitlines()[6][24:].split()[:3] == macro


def test_it_ends_with_accuracy_its_interval_and_the_gain(answers):
    probabilities, labels = answers
    perfect = np.eye(3)[labels]
    text = page(probabilities, labels, views="flip", averaged=perfect)
    right = int((probabilities.argmax(1) == labels).sum())
    low, high = classification_report.wilson_interval(right, 90)

    assert f"accuracy {right / 90:.2%} of 90 pictures, 95 % interval {low:.2%} to {high:.2%} (Wilson)" in text
    assert f"(flip): accuracy 100.00%, gain {1 - right / 90:+.2%}; {90 - right} turned right, 0 turned wrong" in text
    assert "test-time augmentation: none" in page(probabilities, labels)


def test_columns_stand_below_each_other(answers):
    lines = page(*answers).splitlines()

    assert len({len(line) for line in lines[:7]}) == 1
