import numpy as np
import pytest

from benchmarks.duplicates import draw_surface
from transfer.data.duplicates.spots import Spots, find_spots
from transfer.data.duplicates.texture import fine_texture


def spots_of(texture: np.ndarray) -> Spots:
    return find_spots(texture, num_names=3, pixels_per_spot=32, side=11)


def by_place(spots: Spots, *, down: int = 0, right: int = 0) -> dict[tuple[int, int], tuple[int, ...]]:
    places = zip((spots.rows + down).tolist(), (spots.columns + right).tolist(), strict=True)
    return dict(zip(places, map(tuple, spots.names.tolist()), strict=True))


def test_shifted_crops_of_one_texture_share_names_at_the_shift() -> None:
    texture = fine_texture(draw_surface(0, (128, 128)))
    first, second = (
        by_place(spots_of(texture[:100, :100])),
        by_place(spots_of(texture[20:120, 9:109]), down=20, right=9),
    )
    both = [place for place in first.keys() & second.keys() if all(40 <= coordinate < 80 for coordinate in place)]
    assert len(both) > 10
    assert all(first[place] == second[place] for place in both)


def test_spots_are_the_strongest_extrema_far_enough_from_the_border() -> None:
    spots = spots_of(fine_texture(draw_surface(1, (64, 80))))
    assert 0 < len(spots.rows) <= 64 * 80 // 32
    assert (len(spots.rows), 3) == spots.names.shape
    assert spots.rows.min() >= 5
    assert spots.rows.max() < 59
    assert spots.columns.max() < 75


@pytest.mark.parametrize("shape", [(5, 5), (10, 200), (1, 1), (64, 64)])
def test_small_or_plain_textures_have_no_spots(shape: tuple[int, int]) -> None:
    assert (0, 3) == spots_of(np.zeros(shape, np.int8)).names.shape
