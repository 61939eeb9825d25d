"""Draw the pictures of docs/leakage.md from two crops of one drawn strip.

python benchmarks/leakage_pictures.py docs/pictures
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from transfer.data.drawing import steel
from transfer.data.duplicates.links import Link
from transfer.data.duplicates.pair_pictures import Shown, draw_pair
from transfer.data.duplicates.registration import register
from transfer.data.duplicates.spots import Spots, find_spots
from transfer.data.duplicates.texture import fine_texture, gray
from transfer.data.duplicates.votes import candidates

SIDE = 160
CORNERS = ((20, 30), (110, 95))
SCALE = 2
GAP = 12
MATCH = (255, 140, 0)
OTHER = (90, 160, 255)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    strip = steel.draw("patches", 300, np.random.default_rng(4)).pixels
    crops = [photographed(strip[y : y + SIDE, x : x + SIDE], seed) for seed, (y, x) in enumerate(CORNERS)]
    textures = [fine_texture(gray(crop, 1.0)) for crop in crops]
    spots = [find_spots(texture, num_names=4, pixels_per_spot=64, side=17) for texture in textures]
    _, _, down, right, _ = (
        int(column[0]) for column in candidates(spots, window=8, prefix_bits=24, least_votes=2, most_per_image=1)
    )
    found = register(*textures, down=down, right=right)
    link = Link(0, 1, "overlap", found.agreement, found.right, found.down, found.overlap)
    pair = draw_pair(link, Shown("first crop", crops[0]), Shown("second crop", crops[1]))
    pair.resize((pair.width * 2 // 3, pair.height * 2 // 3), Image.Resampling.LANCZOS).save(
        folder / "overlap.png", optimize=True
    )
    matched(textures, spots, (down, right)).save(folder / "spots.png", optimize=True)


def photographed(levels: np.ndarray, seed: int) -> np.ndarray:
    """Give the second crop another exposure, and both the noise of a sensor."""
    noise = np.random.default_rng(seed).normal(0, 3, levels.shape)
    exposed = levels * (1 - 0.2 * seed) + 40 * seed + noise
    return np.clip(np.rint(exposed), 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)


def matched(textures: list[np.ndarray], spots: list[Spots], shift: tuple[int, int]) -> Image.Image:
    """Draw both textures side by side, with lines between spots of equal names at the shift found."""
    sheet = Image.new("L", ((2 * SIDE * SCALE) + GAP, SIDE * SCALE), 255)
    for index, texture in enumerate(textures):
        picture = Image.fromarray(np.clip(128 + 1.2 * texture.astype(float), 0, 255).astype(np.uint8))
        sheet.paste(picture.resize((SIDE * SCALE,) * 2, Image.Resampling.BILINEAR), (index * (SIDE * SCALE + GAP), 0))
    drawn = sheet.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    for side, one in enumerate(spots):
        for place in zip(one.columns.tolist(), one.rows.tolist(), strict=True):
            _circle(pen, place, side, OTHER)
    for first, second in _pairs(spots, shift):
        ends = [_circle(pen, place, side, MATCH) for side, place in enumerate((first, second))]
        pen.line(ends, fill=MATCH, width=1)
    return drawn.quantize(64)


def _circle(
    pen: ImageDraw.ImageDraw, place: tuple[int, int], side: int, color: tuple[int, int, int]
) -> tuple[int, int]:
    x, y = int(place[0]) * SCALE + side * (SIDE * SCALE + GAP), int(place[1]) * SCALE
    pen.ellipse((x - 3, y - 3, x + 3, y + 3), outline=color)
    return x, y


def _pairs(spots: list[Spots], shift: tuple[int, int]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    prefixes = [one.names >> np.uint64(40) for one in spots]
    pairs = []
    for i, j in np.argwhere((prefixes[0][:, None] == prefixes[1][None]).any(axis=2)):
        down, right = spots[0].rows[i] - spots[1].rows[j], spots[0].columns[i] - spots[1].columns[j]
        if abs(down - shift[0]) <= 1 and abs(right - shift[1]) <= 1:
            places = [(int(one.columns[k]), int(one.rows[k])) for one, k in zip(spots, (i, j), strict=True)]
            pairs.append((places[0], places[1]))
    return pairs


if __name__ == "__main__":
    main()
