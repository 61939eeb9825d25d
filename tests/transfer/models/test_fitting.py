import numpy as np
import pytest
import torch

from transfer.data import resize
from transfer.models import resampling


@pytest.mark.parametrize(("height", "width"), [(200, 200), (100, 37), (31, 333), (1, 500), (640, 641)])
def test_the_fitted_size_is_that_of_stored_pictures(height, width):
    expected = resize.fit_inside(height, width, longer_side=96)
    assert tuple(resampling.fit_inside(torch.tensor([height, width]), longer_side=96).tolist()) == expected


def test_fitting_equals_the_letterbox_of_stored_pictures():
    image = np.random.default_rng(0).integers(0, 256, (90, 50, 3), dtype=np.uint8)
    expected, height, width = resize.letterbox(image, size=64)
    planes = torch.from_numpy(image).permute(2, 0, 1).float()

    found = resampling.fit_onto(planes, torch.tensor([height, width]), side=64).round().permute(1, 2, 0).numpy()

    # A value that lies on a half up to float rounding may go either way.
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.001
    assert not found[height:].any()
    assert not found[:, width:].any()


def test_sizes_are_height_and_width():
    assert resampling.sizes(torch.zeros(3, 5, 7)).tolist() == [5, 7]
