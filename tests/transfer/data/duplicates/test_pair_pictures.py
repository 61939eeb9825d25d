import numpy as np

from transfer.data.duplicates.links import Link
from transfer.data.duplicates.pair_pictures import COLOR_A, COLOR_B, Shown, draw_pair

LINK = Link(0, 1, "overlap", 0.97, 40.0, -10.0, 0.5)


def shown(name: str, height: int, width: int, level: int) -> Shown:
    return Shown(name, np.full((height, width, 3), level, np.uint8))


def test_both_pictures_are_framed_and_mixed_where_they_overlap() -> None:
    sheet = np.asarray(draw_pair(LINK, shown("a.png", 100, 100, 40), shown("b.png", 100, 100, 200)))
    colors = {tuple(color) for color in sheet.reshape(-1, 3).tolist()}
    assert {COLOR_A, COLOR_B, (40,) * 3, (200,) * 3, (120,) * 3, (160,) * 3} <= colors


def test_equal_pictures_have_a_black_difference() -> None:
    link = LINK._replace(tier="bytes", shift_x=0.0, shift_y=0.0, overlap=1.0)
    sheet = np.asarray(draw_pair(link, shown("a.png", 50, 50, 90), shown("b.png", 50, 50, 90)))
    assert [0, 0, 0] == sheet[-30, -40].tolist()


def test_near_duplicates_of_other_sizes_are_drawn_at_one_size() -> None:
    link = LINK._replace(tier="perceptual", shift_x=0.0, shift_y=0.0, overlap=1.0)
    assert draw_pair(link, shown("a.png", 50, 80, 90), shown("b.png", 25, 40, 90)).width > 4 * 400
