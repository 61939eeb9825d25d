import numpy as np
import pytest
import torch
from torch.nn import functional

from transfer.data.resize import fit_inside, letterbox, resize
from transfer.models.resampling import resize_bilinear_antialias


@pytest.mark.parametrize(
    ("old", "new"), [((37, 53), (16, 24)), ((16, 24), (37, 53)), ((20, 20), (20, 20)), ((9, 60), (30, 7))]
)
def test_matrix_products_equal_torchs_antialiased_interpolation(old, new):
    images = torch.rand(2, 3, *old, generator=torch.Generator().manual_seed(0)) * 255
    expected = functional.interpolate(images, new, mode="bilinear", antialias=True, align_corners=False)

    torch.testing.assert_close(resize_bilinear_antialias(images, *new), expected, rtol=0, atol=1e-3)


def test_constant_images_stay_constant():
    image = np.full((31, 17, 3), 200, np.uint8)

    assert (resize(image, height=12, width=40) == 200).all()


def test_letterbox_keeps_the_shape_and_pads_with_black():
    square, height, width = letterbox(np.full((50, 100, 3), 9, np.uint8), size=64)

    assert (height, width) == (32, 64) == fit_inside(50, 100, longer_side=64)
    assert (square[:32] == 9).all()
    assert (square[32:] == 0).all()
