import numpy as np
import pytest

from transfer.data.drawing import fields


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(1, 40), (33, 20), (64, 64)])
def test_coarse_and_blurred_fields_are_standardized(shape: tuple[int, int]) -> None:
    for field in (fields.coarse(generator(), shape, 4), fields.blurred(generator(), shape, (1.0, 2.0))):
        assert shape == field.shape
        assert float(field.mean()) == pytest.approx(0, abs=1e-4)
        assert float(field.std()) == pytest.approx(1, abs=1e-3)


def test_cracks_lie_where_two_seeds_are_equally_near() -> None:
    net = fields.cracks(generator(), (60, 60), cell=12, width=2)
    assert net.min() >= 0
    assert net.max() > 0.9
    assert 0.05 < (net > 0.5).mean() < 0.5


def test_ellipse_is_one_at_the_centre_and_zero_where_it_touches_the_sides() -> None:
    cone = fields.ellipse((41, 81))
    assert cone[20, 40] == pytest.approx(1)
    assert cone[20, 0] == pytest.approx(0, abs=0.02)
    assert cone[0, 0] < 0


def test_step_saturates_without_overflow() -> None:
    mask = fields.step(np.array([-1e6, 0, 1e6]), 10)
    assert mask.tolist() == pytest.approx([0, 0.5, 1])
