import numpy as np
import pytest
from sklearn.metrics import f1_score

from transfer.measures import bootstrap, classification

LABELS = np.array(["a"] * 50 + ["b"] * 50)


def answers(*, wrong: slice) -> np.ndarray:
    found = LABELS.copy()
    found[wrong] = "c"
    return found


def test_intervals_are_those_of_scikit_learn_on_the_same_draws() -> None:
    generator = np.random.default_rng(1)
    labels, answered = (generator.choice(list("abc"), 40) for _ in range(2))
    measures = {
        "f1": classification.macro_f1(labels, answered),
        "accuracy": classification.accuracy(labels, answered),
    }

    found = bootstrap.intervals(measures, num_images=40, resamples=50, confidence=0.9, seed=3)

    counts = np.random.default_rng(3).multinomial(40, np.full(40, 1 / 40), size=50)
    drawn = [np.repeat(np.arange(40), count) for count in counts]
    scores = [f1_score(labels[one], answered[one], average="macro", zero_division=0) for one in drawn]
    assert found["f1"] == pytest.approx(np.quantile(scores, [0.05, 0.95]))
    right = [(labels[one] == answered[one]).mean() for one in drawn]
    assert found["accuracy"] == pytest.approx(np.quantile(right, [0.05, 0.95]))


def test_a_measure_without_a_value_has_no_interval() -> None:
    def never(counts: np.ndarray) -> np.ndarray:
        return np.full(len(counts), np.nan)

    found = bootstrap.intervals({"x": never}, num_images=5, resamples=5, confidence=0.95, seed=0)

    assert found == {"x": None}


def test_drawing_a_few_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = {"accuracy": classification.accuracy(LABELS, answers(wrong=slice(0, 20)))}
    settings = {"num_images": 100, "resamples": 50, "confidence": 0.95, "seed": 0}
    found = bootstrap.intervals(measure, **settings)

    monkeypatch.setattr(bootstrap, "AT_ONCE", 300)

    assert bootstrap.intervals(measure, **settings) == found


def test_the_interval_of_a_difference_is_that_of_a_plain_loop() -> None:
    old, new = answers(wrong=slice(0, 20)), answers(wrong=slice(10, 22))
    difference = bootstrap.paired(
        classification.accuracy(LABELS, old),
        classification.accuracy(LABELS, new),
        num_images=100,
        resamples=3000,
        confidence=0.9,
        seed=0,
    )

    generator = np.random.default_rng(1)
    right = (new == LABELS).astype(float) - (old == LABELS)
    drawn = [right[generator.integers(0, 100, 100)].mean() for _ in range(3000)]
    assert (difference.low, difference.high) == pytest.approx(np.quantile(drawn, [0.05, 0.95]), abs=0.011)
    assert (difference.old, difference.new, difference.change) == pytest.approx((0.8, 0.88, 0.08))


def test_the_same_answers_differ_by_nothing() -> None:
    measure = classification.macro_f1(LABELS, answers(wrong=slice(0, 20)))
    difference = bootstrap.paired(measure, measure, num_images=100, resamples=250, confidence=0.95, seed=0)

    assert (0, 0, 0) == (difference.low, difference.high, difference.change)


def test_the_same_seed_draws_the_same_images() -> None:
    measures = [classification.accuracy(LABELS, answers(wrong=slice(0, n))) for n in (20, 30)]
    drawn = [
        bootstrap.paired(*measures, num_images=100, resamples=250, confidence=0.95, seed=seed) for seed in (3, 3, 4)
    ]

    assert drawn[0] == drawn[1] != drawn[2]


def test_draws_without_a_value_are_left_out() -> None:
    def sometimes(counts: np.ndarray) -> np.ndarray:
        return np.where(counts[:, 0] > 0, 1.0, np.nan)

    def zero(counts: np.ndarray) -> np.ndarray:
        return np.zeros(len(counts))

    difference = bootstrap.paired(zero, sometimes, num_images=5, resamples=50, confidence=0.95, seed=0)

    assert (1, 1) == (difference.low, difference.high)
