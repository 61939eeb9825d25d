import numpy as np
import pytest

from transfer.data.drawing import steel


def draw(name: str, size: int, seed: int) -> steel.Picture:
    return steel.draw(name, size, np.random.default_rng(seed))


@pytest.mark.parametrize("name", steel.CLASSES)
@pytest.mark.parametrize("size", [32, 64, 128, 200])
def test_boxes_lie_inside_the_picture_and_are_of_the_class(name: str, size: int) -> None:
    for seed in range(4):
        picture = draw(name, size, seed)
        assert (size, size) == picture.pixels.shape
        assert picture.pixels.dtype == np.uint8
        assert 1 <= len(picture.boxes) <= 4
        for category, x_min, y_min, x_max, y_max in picture.boxes:
            assert name == category
            assert 0 <= x_min < x_max <= size
            assert 0 <= y_min < y_max <= size
            assert min(x_max - x_min, y_max - y_min) >= 0.12 * size


@pytest.mark.parametrize("name", steel.CLASSES)
def test_most_boxes_are_at_least_a_sixth_of_the_side(name: str) -> None:
    sides = [min(box[3] - box[1], box[4] - box[2]) for seed in range(25) for box in draw(name, 128, seed).boxes]
    assert np.mean(np.array(sides) >= 0.15 * 128) > 0.6


def test_the_defect_is_inside_its_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same strip with and without the defect: only pixels around the boxes may differ much."""
    for seed in range(10):
        picture = draw("patches", 96, seed)
        with monkeypatch.context() as patch:
            sound = _without_relief(patch, seed)
        change = np.abs(picture.pixels.astype(int) - sound.astype(int))
        outside = np.ones_like(change, dtype=bool)
        for _, x_min, y_min, x_max, y_max in picture.boxes:
            outside[y_min:y_max, x_min:x_max] = False
        assert change[~outside].mean() > 10
        assert change[outside].mean() < 2


def test_pictures_of_one_class_share_no_surface() -> None:
    pictures = [draw("inclusion", 64, seed).pixels.astype(float).ravel() for seed in range(6)]
    fine = [picture - picture.mean() for picture in pictures]
    correlation = np.corrcoef(fine)
    assert np.abs(correlation - np.eye(6)).max() < 0.9


def _without_relief(patch: pytest.MonkeyPatch, seed: int) -> np.ndarray:
    patch.setattr(steel, "inside", lambda strip, place, shape: np.zeros(shape, dtype=np.float32))
    return draw("patches", 96, seed).pixels
