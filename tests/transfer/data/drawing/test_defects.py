from collections.abc import Callable

import numpy as np
import pytest

from transfer.data.drawing import defects

ALL = [
    defects.crazing,
    defects.inclusion,
    defects.patches,
    defects.pitted_surface,
    defects.rolled_in_scale,
    defects.scratches,
]


@pytest.mark.parametrize("draw", ALL)
def test_a_relief_is_bounded_and_leaves_sound_steel_alone(draw: Callable[..., np.ndarray]) -> None:
    relief = draw(np.random.default_rng(3), (90, 80), 1.0)
    assert (90, 80) == relief.shape
    assert np.isfinite(relief).all()
    assert np.abs(relief).max() <= 1.5
    assert np.abs(relief).max() > 0.5
    assert (np.abs(relief) < 0.05).mean() > 0.2


@pytest.mark.parametrize("draw", ALL)
def test_only_scratches_are_bright_all_over(draw: Callable[..., np.ndarray]) -> None:
    relief = draw(np.random.default_rng(5), (90, 80), 1.0)
    assert (relief.sum() > 0) == (draw is defects.scratches)
