import base64
import io

import numpy as np
import pytest
from PIL import Image

from transfer.report import choice, embedded


def opened(picture):
    head, _, data = picture.url.partition(",")
    assert "data:image/jpeg;base64" == head
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_picture_is_made_small_and_remembers_its_size() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (60, 120, 3), dtype=np.uint8)

    picture = embedded.from_pixels(pixels, side=40)

    assert (120, 60) == (picture.width, picture.height)
    assert ("RGB", (40, 20)) == (opened(picture).mode, opened(picture).size)


def test_a_small_picture_stays_as_large_as_it_is_and_gray_stays_gray() -> None:
    pixels = np.repeat(np.random.default_rng(0).integers(0, 255, (8, 8, 1), dtype=np.uint8), 3, axis=2)

    picture = embedded.from_pixels(pixels, side=40)

    assert ("L", (8, 8)) == (opened(picture).mode, opened(picture).size)


def test_a_drawn_picture_is_embedded(tmp_path) -> None:
    Image.new("RGBA", (30, 10), "red").save(tmp_path / "sheet.png")

    assert (15, 5) == opened(embedded.from_file(tmp_path / "sheet.png", side=15)).size


@pytest.mark.parametrize(("count", "number"), [(10, 3), (3, 10), (7, 7), (0, 4)])
def test_items_are_chosen_evenly_in_their_order(count, number) -> None:
    found = choice.evenly(range(count), number)

    assert min(count, number) == len(found)
    assert sorted(set(found)) == found
    # As many are left out before the first as behind the last, give or take one.
    assert not found or abs(found[0] - (count - 1 - found[-1])) <= 1
