import numpy as np

from transfer.data.drawing.picture import Picture, inside, overlaps, tight_box


def test_tight_box_holds_every_true_pixel_and_no_empty_border() -> None:
    mask = np.zeros((10, 12), dtype=bool)
    mask[2, 3] = mask[6, 9] = True
    assert (103, 52, 110, 57) == tight_box(mask, (50, 100))


def test_tight_box_of_nothing_is_none() -> None:
    assert tight_box(np.zeros((3, 3), dtype=bool), (0, 0)) is None


def test_boxes_overlap_when_closer_than_the_margin() -> None:
    assert overlaps((0, 0, 10, 10), (12, 0, 20, 10), 3)
    assert not overlaps((0, 0, 10, 10), (12, 0, 20, 10), 2)
    assert not overlaps((0, 0, 10, 10), (0, 30, 10, 40), 2)


def test_transposing_moves_boxes_with_their_pixels() -> None:
    pixels = np.zeros((8, 8), dtype=np.uint8)
    pixels[1:3, 4:8] = 255
    turned = Picture(pixels, (("a", 4, 1, 8, 3),)).transposed()
    (_, x_min, y_min, x_max, y_max) = turned.boxes[0]
    assert (turned.pixels[y_min:y_max, x_min:x_max] == 255).all()
    assert 8 == np.count_nonzero(turned.pixels)


def test_inside_is_a_view() -> None:
    canvas = np.zeros((4, 4))
    inside(canvas, (1, 2), (2, 2))[...] = 1
    assert 4 == canvas[1:3, 2:4].sum() == canvas.sum()
