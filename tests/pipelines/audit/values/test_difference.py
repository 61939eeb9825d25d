import math

import numpy as np
import pytest

from pipelines.audit.values.difference import Difference, Rules, Tolerance, largest, of_numbers

EXACT = Tolerance(0, 0)


@pytest.mark.parametrize("absolute", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("relative", [0.0, 0.001, 0.1])
def test_numbers_are_equal_as_numpy_says(absolute: float, relative: float) -> None:
    generator = np.random.default_rng(0)
    recorded = [*generator.normal(size=50), 0.0, math.nan, math.inf, -math.inf]
    found = [*(value + generator.normal() / 100 for value in recorded[:50]), 0.0, math.nan, math.inf, math.inf]

    for a, b in zip(recorded, found, strict=True):
        difference = of_numbers(a, b, Tolerance(absolute, relative), "x")
        # numpy.isclose is relative to its second argument.
        assert np.isclose(b, a, rtol=relative, atol=absolute, equal_nan=True) == (
            difference is None or difference.tolerated
        )


def test_a_difference_is_said_with_its_size() -> None:
    assert "mean: recorded 1, found 1.5, by 0.5" == str(of_numbers(1.0, 1.5, EXACT, "mean"))
    assert "mean: recorded 1, found nan" == str(of_numbers(1.0, math.nan, EXACT, "mean"))


def test_the_largest_is_furthest_beyond_the_tolerance() -> None:
    small, large = Difference("a", "1", "2", excess=0.5), Difference("b", "1", "2", excess=7.0)

    assert large == largest([small, large, Difference("c", "1", "2", excess=6.0)])
    assert largest([]) is None


def test_digests_of_tolerated_files_are_equal() -> None:
    assert "sha new" == Rules(EXACT, EXACT, EXACT, {"old": "new"}).with_new_digests("sha old")
