import numpy as np
import pytest
from scipy import stats

from transfer.selection import intervals


def test_over_seeds_is_students_interval() -> None:
    accuracies = np.array([0.90, 0.94, 0.92])

    low, high = intervals.over_seeds(accuracies, confidence=0.95)

    # 4.3027 is the 97.5 % point of t with two degrees of freedom, as printed in tables.
    half = 4.3027 * np.std(accuracies, ddof=1) / np.sqrt(3)
    assert (low, high) == pytest.approx((0.92 - half, 0.92 + half), abs=1e-5)


def test_over_seeds_stays_between_nothing_and_everything() -> None:
    assert (pytest.approx(0.8804, abs=1e-4), 1.0) == intervals.over_seeds(np.array([1.0, 0.98, 0.93]), confidence=0.95)
    assert (1.0, 1.0) == intervals.over_seeds(np.array([1.0, 1.0]), confidence=0.95)


def test_one_seed_has_no_spread() -> None:
    assert intervals.over_seeds(np.array([0.9]), confidence=0.95) is None


def test_bootstrap_means_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    correct = np.random.default_rng(5).integers(2, size=(2, 3, 40))
    monkeypatch.setattr(intervals, "IMAGES_AT_ONCE", 40 * 7)

    found = intervals.bootstrap_means(correct, resamples=20, seed=3)

    generator = np.random.default_rng(3)
    expected = []
    for count in (7, 7, 6):
        seeds = generator.integers(3, size=(count, 3))
        images = generator.integers(40, size=(count, 40))
        for chosen, shown in zip(seeds, images, strict=True):
            expected.append([np.mean([[entry[s][i] for i in shown] for s in chosen]) for entry in correct])
    assert np.allclose(expected, found, atol=1e-12)


def test_with_one_seed_the_bootstrap_agrees_with_scipys() -> None:
    correct = (np.random.default_rng(0).random((1, 1, 300)) < 0.9).astype(int)

    draws = intervals.bootstrap_means(correct, resamples=20000, seed=0)
    low, high = intervals.pooled(draws[:, 0], correct[0], confidence=0.95)

    theirs = stats.bootstrap((correct[0, 0],), np.mean, n_resamples=20000, method="percentile", rng=1)
    assert tuple(theirs.confidence_interval) == pytest.approx((low, high), abs=0.004)


def test_seeds_that_differ_widen_the_pooled_interval() -> None:
    alike = np.stack([np.repeat([1, 0], [80, 20])] * 3)
    apart = np.stack([np.repeat([1, 0], [right, 100 - right]) for right in (60, 80, 100)])
    draws = intervals.bootstrap_means(np.stack([alike, apart]), resamples=4000, seed=0)

    widths = [np.subtract(*intervals.percentile(column, confidence=0.95)[::-1]) for column in draws.T]

    assert widths[1] > 1.5 * widths[0]


def test_without_a_mistake_the_interval_is_the_exact_binomial_one() -> None:
    correct = np.ones((3, 100), dtype=int)
    draws = intervals.bootstrap_means(correct[None], resamples=1000, seed=0)[:, 0]

    # Clopper and Pearson: the lower end is the rate at which 100 of 100 would happen in 2.5 % of all tests.
    assert (pytest.approx(0.025 ** (1 / 100)), 1.0) == intervals.pooled(draws, correct, confidence=0.95)
