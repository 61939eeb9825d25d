import numpy as np
import pytest
import torch

from transfer.data import resize
from transfer.models.canvas import Canvas

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)


@pytest.fixture
def canvas():
    return Canvas(48, mean=MEAN, std=STD)


def test_the_side_is_a_multiple_of_the_deepest_stride(canvas):
    assert canvas.side == 64
    assert Canvas(64, mean=MEAN, std=STD).side == 64


def test_an_image_becomes_what_its_stored_picture_becomes(canvas):
    image = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    stored, _, _ = resize.letterbox(image, size=48)
    expected = canvas.from_stored(torch.from_numpy(stored)[None])

    found = canvas(torch.from_numpy(image).permute(2, 0, 1))

    assert found.shape == (1, 3, 64, 64)
    one_step = 1 / 255 / min(STD)
    torch.testing.assert_close(found, expected, rtol=0, atol=one_step + 1e-5)
    assert (found != expected).float().mean() < 0.01


def test_floats_from_0_to_1_are_read_as_bytes_are(canvas):
    image = torch.randint(0, 256, (3, 30, 48), dtype=torch.uint8)
    torch.testing.assert_close(canvas(image / 255), canvas(image))


def test_padding_is_black_and_normalised(canvas):
    found = canvas(torch.full((3, 24, 48), 255, dtype=torch.uint8))
    black = torch.tensor([(0 - mean) / std for mean, std in zip(MEAN, STD, strict=True)])
    torch.testing.assert_close(found[0, :, 63, 63], black)
    torch.testing.assert_close(found[0, :, 24:, :], black[:, None, None].expand(3, 40, 64))


def test_boxes_come_back_to_where_they_were(canvas):
    image = torch.zeros(3, 60, 100)
    boxes = torch.tensor([[10.0, 20.0, 90.0, 50.0]])
    # 100 x 60 becomes 48 x 29: across by 48/100, down by 29/60.
    on_canvas = torch.tensor([[4.8, 20 * 29 / 60, 43.2, 50 * 29 / 60]])
    torch.testing.assert_close(canvas.back(on_canvas, image), boxes)


def test_what_lies_outside_the_image_is_cut_off(canvas):
    back = canvas.back(torch.tensor([[-3.0, 10.0, 60.0, 60.0]]), torch.zeros(3, 60, 100))
    torch.testing.assert_close(back, torch.tensor([[0.0, 10 * 60 / 29, 100.0, 60.0]]))
