import numpy as np
import pytest

from benchmarks.duplicates import draw_surface
from transfer.data.duplicates.blocks import block_agreement, windows
from transfer.data.duplicates.texture import fine_texture


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -4), (-5, 2), (-2, -2), (30, 0), (0, -40)])
def test_windows_hold_the_pixels_that_share_a_place(down: int, right: int) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, (10, 12)), rng.integers(0, 9, (8, 15))
    pairs = [
        (first[y, x], second[y - down, x - right])
        for y in range(10)
        for x in range(12)
        if 0 <= y - down < 8 and 0 <= x - right < 15
    ]
    shared = windows(first, second, down=down, right=right)
    assert pairs == list(zip(*(window.ravel() for window in shared), strict=True))


def test_agreement_is_the_median_correlation_of_the_blocks() -> None:
    first, second = (fine_texture(draw_surface(seed, (48, 40))) for seed in (0, 1))
    mixed = (first // 2 + second // 2).astype(np.int8)
    corners = [(y, x) for y in range(0, 37, 12) for x in range(0, 29, 12)]
    blocks = [(first[y : y + 12, x : x + 12].ravel(), mixed[y : y + 12, x : x + 12].ravel()) for y, x in corners]
    agreement, num_blocks = block_agreement(first, mixed)
    assert len(corners) == num_blocks
    assert float(np.median([np.corrcoef(*pair)[0, 1] for pair in blocks])) == pytest.approx(agreement, abs=1e-4)


def test_a_shared_line_alone_makes_no_agreement() -> None:
    pictures = [draw_surface(seed, (96, 96)) for seed in (0, 1)]
    for picture in pictures:
        picture[:, 40:44] += 90
    assert block_agreement(*map(fine_texture, pictures))[0] < 0.2


def test_plain_and_empty_textures_have_no_blocks() -> None:
    assert (0.0, 0) == block_agreement(np.zeros((64, 64), np.int8), np.zeros((64, 64), np.int8))
    assert (0.0, 0) == block_agreement(np.zeros((0, 64), np.int8), np.zeros((0, 64), np.int8))
