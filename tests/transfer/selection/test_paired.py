import itertools

import numpy as np
import pytest
from scipy import stats

from transfer.selection import paired


def enumerated(first: np.ndarray, second: np.ndarray) -> float:
    """Try every choice of signs."""
    differences = (first - second).sum(axis=0)
    totals = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in SIGNS(len(differences))]
    return float(np.mean([total >= abs(differences.sum()) for total in totals]))


def SIGNS(number: int) -> itertools.product:  # noqa: N802
    return itertools.product((-1, 1), repeat=number)


@pytest.mark.parametrize("case", range(20))
def test_sign_flip_is_what_enumeration_finds(case: int) -> None:
    generator = np.random.default_rng(case)
    num_seeds = 1 + case % 4
    first = (generator.random((num_seeds, 12)) < 0.9).astype(int)
    second = (generator.random((num_seeds, 12)) < 0.5).astype(int)

    assert paired.sign_flip(first, second) == pytest.approx(enumerated(first, second), abs=1e-12)
    assert paired.sign_flip(second, first) == paired.sign_flip(first, second)


def test_with_one_seed_it_is_mcnemars_exact_test() -> None:
    generator = np.random.default_rng(1)
    first = (generator.random((1, 500)) < 0.95).astype(int)
    second = (generator.random((1, 500)) < 0.90).astype(int)
    only_first, only_second = int((first > second).sum()), int((first < second).sum())

    theirs = stats.binomtest(only_first, only_first + only_second).pvalue

    assert paired.sign_flip(first, second) == pytest.approx(theirs, rel=1e-9)


def test_with_several_seeds_it_is_scipys_permutation_test() -> None:
    generator = np.random.default_rng(2)
    first = (generator.random((3, 14)) < 0.95).astype(int)
    second = (generator.random((3, 14)) < 0.6).astype(int)

    theirs = stats.permutation_test(
        (first.sum(0), second.sum(0)),
        lambda a, b: np.sum(a - b),
        permutation_type="samples",
        n_resamples=np.inf,
    )

    assert paired.sign_flip(first, second) == pytest.approx(theirs.pvalue, abs=1e-9)


def test_seeds_that_repeat_each_other_are_no_further_evidence() -> None:
    generator = np.random.default_rng(3)
    first = (generator.random((1, 200)) < 0.95).astype(int)
    second = (generator.random((1, 200)) < 0.90).astype(int)

    once = paired.sign_flip(first, second)

    assert paired.sign_flip(np.repeat(first, 5, axis=0), np.repeat(second, 5, axis=0)) == pytest.approx(once)


def test_the_same_answers_differ_by_nothing() -> None:
    answers = np.array([[1, 0, 1], [1, 1, 1]])

    assert 1.0 == paired.sign_flip(answers, answers)


@pytest.mark.parametrize("case", range(10))
def test_holm_is_the_closed_test_of_bonferroni(case: int) -> None:
    p_values = list(np.random.default_rng(case).random(5) ** 3)

    # A hypothesis is rejected only if every set of hypotheses that holds it is.
    sets = [s for size in range(1, 6) for s in itertools.combinations(range(5), size)]
    expected = [max(min(1.0, len(s) * min(p_values[i] for i in s)) for s in sets if index in s) for index in range(5)]

    assert expected == pytest.approx(paired.holm(p_values))


def test_holm_of_nothing_and_of_one() -> None:
    assert [] == paired.holm([])
    assert [0.03] == paired.holm([0.03])
