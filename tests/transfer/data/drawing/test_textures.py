import numpy as np
import pytest

from transfer.data.drawing import textures


@pytest.mark.parametrize("name", textures.CLASSES)
def test_the_texture_fills_its_one_box(name: str) -> None:
    for seed in range(8):
        picture = textures.draw(name, 64, np.random.default_rng(seed))
        ((category, x_min, y_min, x_max, y_max),) = picture.boxes
        inside = np.zeros((64, 64), dtype=bool)
        inside[y_min:y_max, x_min:x_max] = True
        assert name == category
        assert picture.pixels[inside].std() > 12
        assert inside.all() or picture.pixels[~inside].std() < 10


def test_the_four_textures() -> None:
    assert ("dots", "grid", "noise", "stripes") == textures.CLASSES
