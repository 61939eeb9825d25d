import numpy as np
import pytest

from benchmarks.duplicates import draw_surface
from transfer.data.duplicates.phase_correlation import NO_PEAK, peak_near_zero
from transfer.data.duplicates.texture import fine_texture


@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, -1), (-2, 2)])
def test_peak_lies_at_the_shift(down: int, right: int) -> None:
    surface = draw_surface(0, (80, 100))
    first = surface[10:70, 10:90]
    second = surface[10 + down : 70 + down, 10 + right : 90 + right]
    peak = peak_near_zero(first, second, reach=2)
    assert (down, right) == (round(peak.down), round(peak.right))
    assert peak.sharpness > 20


def test_peak_lies_between_pixels() -> None:
    surface = draw_surface(0, (160, 160))
    halved = [part.reshape(70, 2, 70, 2).mean(axis=(1, 3)) for part in (surface[:140, :140], surface[1:141, :140])]
    peak = peak_near_zero(*halved, reach=2)
    assert 0.5 == pytest.approx(peak.down, abs=0.2)
    assert 0.0 == pytest.approx(peak.right, abs=0.2)


def test_other_surfaces_have_no_sharp_peak() -> None:
    textures = [fine_texture(draw_surface(seed, (60, 60))) for seed in range(20)]
    peaks = [peak_near_zero(*textures[i : i + 2], reach=2) for i in range(19)]
    assert max(peak.sharpness for peak in peaks) < 6


@pytest.mark.parametrize("shape", [(0, 0), (3, 90), (40, 40)])
def test_nothing_to_compare_has_no_peak(shape: tuple[int, int]) -> None:
    assert NO_PEAK == peak_near_zero(np.zeros(shape, np.int8), np.zeros(shape, np.int8), reach=2)
