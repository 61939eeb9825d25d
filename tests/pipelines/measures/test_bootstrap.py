import numpy as np
import pytest

from pipelines.measures import bootstrap, classification

LABELS = np.array(["a"] * 50 + ["b"] * 50)


def answers(*, wrong: slice) -> np.ndarray:
    found = LABELS.copy()
    found[wrong] = "c"
    return found


def test_the_interval_is_that_of_a_plain_loop() -> None:
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
