import numpy as np
import pytest

from transfer.data.drawing import leaves


@pytest.mark.parametrize("seed", range(4))
def test_only_infrared_tells_living_from_dry(seed: int) -> None:
    dry, living = (leaves.draw(name, 64, np.random.default_rng(seed)) for name in ("dry", "living"))
    assert (dry.pixels[:, :, :3] == living.pixels[:, :, :3]).all()
    assert [box[1:] for box in dry.boxes] == [box[1:] for box in living.boxes]
    _, left, top, right, bottom = living.boxes[-1]
    centre = (
        slice((top + bottom) // 2 - 1, (top + bottom) // 2 + 2),
        slice((left + right) // 2 - 1, (left + right) // 2 + 2),
    )
    assert living.pixels[(*centre, 3)].mean() > dry.pixels[(*centre, 3)].mean() + 60


def test_every_leaf_has_a_box_inside_the_picture() -> None:
    for seed in range(8):
        picture = leaves.draw("dry", 48, np.random.default_rng(seed))
        assert picture.pixels.shape == (48, 48, 4)
        assert 2 <= len(picture.boxes) <= 4
        assert all(0 <= left < right <= 48 and 0 <= top < bottom <= 48 for _, left, top, right, bottom in picture.boxes)
