import io

import numpy as np
import pytest
from PIL import Image

from receiver.drawing import COLOURS, draw


def drawn(pixels: np.ndarray, answer: dict, categories: tuple[str, ...] = ("crack", "dent")) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(draw(pixels, answer, categories)))).astype(int)


def is_near(found: np.ndarray, colour: str) -> np.ndarray:
    expected = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)])
    return np.abs(found - expected).max(axis=-1) < 60


def test_a_box_is_drawn_where_it_is() -> None:
    box = {"label": "dent", "score": 0.5, "box": [100.0, 200.0, 300.0, 350.0]}
    found = is_near(drawn(np.zeros((400, 400, 3), np.uint8), {"boxes": [box]}), COLOURS[1])
    # Its lower half: the label lies above.
    rows, columns = np.nonzero(found[250:])
    assert abs(columns.min() - 100) <= 2
    assert abs(columns.max() - 300) <= 2
    assert abs(rows.max() + 250 - 350) <= 2
    assert not found[260:340, 110:290].any()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((10, 20, 3), (160, 320)), ((1, 1, 3), (320, 320)), ((1, 70_000, 3), (1, 2048)), ((400, 300, 4), (400, 300))],
)
def test_pictures_are_of_a_size_to_look_at(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert drawn(np.zeros(shape, np.uint8), {"boxes": []}).shape == (*expected, 3)


def test_labels_stay_inside_the_picture() -> None:
    corners = [[0.0, 0.0, 5.0, 5.0], [395.0, 395.0, 400.0, 400.0], [-3.0, -3.0, 500.0, 500.0]]
    boxes = [{"label": "crack", "score": 0.5, "box": corner} for corner in corners]
    assert drawn(np.zeros((400, 400, 3), np.uint8), {"boxes": boxes}).shape == (400, 400, 3)


def test_a_label_stands_below_the_image() -> None:
    answer = {"label": "crack", "confidence": 0.4, "sure": False, "probabilities": {}}
    unsure, sure = (drawn(np.zeros((400, 400, 3), np.uint8), {**answer, "sure": value}) for value in (False, True))
    assert sure.shape == unsure.shape
    assert sure.shape[0] > 400
    assert (sure[:400] < 20).all()
    # More words, more ink.
    assert (unsure[400:] < 128).sum() > (sure[400:] < 128).sum() > 0
