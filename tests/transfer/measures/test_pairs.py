import math

import pytest
from scipy.stats import binomtest

from transfer.measures.pairs import Pairs, interval, p_value


@pytest.mark.parametrize(("gained", "lost"), [(0, 1), (3, 3), (8, 1), (1, 8), (0, 12), (40, 21)])
def test_the_p_value_is_the_binomial_tests(gained: int, lost: int) -> None:
    assert p_value(Pairs(100, gained, lost)) == pytest.approx(binomtest(gained, gained + lost, 0.5).pvalue)


def test_the_p_value_is_a_sum_of_equally_likely_outcomes() -> None:
    # 1 lost of 9 changed: as lopsided are 0, 1, 8 and 9 lost, of 512 ways.
    assert p_value(Pairs(50, 8, 1)) == pytest.approx(2 * (math.comb(9, 0) + math.comb(9, 1)) / 2**9)


@pytest.mark.parametrize(("gained", "lost"), [(0, 1), (3, 3), (8, 1), (0, 12)])
def test_the_interval_is_that_of_the_share_gained(gained: int, lost: int) -> None:
    exact = binomtest(gained, gained + lost).proportion_ci(0.9, method="exact")
    changed = (gained + lost) / 100

    low, high = interval(Pairs(100, gained, lost), confidence=0.9)

    assert (low, high) == pytest.approx(((2 * exact.low - 1) * changed, (2 * exact.high - 1) * changed))


def test_where_no_answer_changed_there_is_no_change() -> None:
    assert (1.0, (0.0, 0.0), 0.0) == (
        p_value(Pairs(10, 0, 0)),
        interval(Pairs(10, 0, 0), confidence=0.95),
        Pairs(0, 0, 0).change,
    )
