"""What a detector finds and misses, as pictures: test images with true and predicted boxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from transfer.data.dataset import CORNERS

TILE, MARGIN, CAPTION, COLUMNS = 256, 8, 18, 4
TRUE_COLOUR, FOUND_COLOUR = "#39d353", "#ff5a36"


@dataclass(frozen=True)
class Case:
    """One test image with its boxes, in the columns of transfer.data.detections."""

    pixels: np.ndarray
    truth: pd.DataFrame
    found: pd.DataFrame
    caption: str


def sheet(path: Path, cases: Sequence[Case], *, title: str) -> None:
    """Draw the cases side by side into a PNG: true boxes green, predicted ones orange with category and score."""
    lines = -(-len(cases) // COLUMNS)
    cell = (TILE + MARGIN, TILE + MARGIN + CAPTION)
    canvas = Image.new("RGB", (MARGIN + COLUMNS * cell[0], MARGIN + CAPTION + lines * cell[1]), "white")
    brush = ImageDraw.Draw(canvas)
    brush.text((MARGIN, MARGIN // 2), title, fill="black", font=_font(13))
    for index, case in enumerate(cases):
        left = MARGIN + index % COLUMNS * cell[0]
        top = MARGIN + CAPTION + index // COLUMNS * cell[1]
        canvas.paste(_tile(case), (left, top))
        brush.text((left, top + TILE + 2), case.caption, fill="black", font=_font(11))
    canvas.save(path, format="PNG")


def _tile(case: Case) -> Image.Image:
    height, width = case.pixels.shape[:2]
    scale = TILE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    tile = Image.new("RGB", (TILE, TILE), "white")
    tile.paste(Image.fromarray(case.pixels).resize(size, Image.Resampling.BICUBIC))
    brush = ImageDraw.Draw(tile)
    for box in case.truth.itertuples():
        _rectangle(brush, box, scale, TRUE_COLOUR, 4)
    for box in case.found.itertuples():
        left, top = _rectangle(brush, box, scale, FOUND_COLOUR, 2)
        _label(brush, (left + 2, top + 1), f"{box.category} {box.score:.2f}")
    return tile


def _rectangle(brush: ImageDraw.ImageDraw, box: object, scale: float, colour: str, line: int) -> tuple[float, float]:
    left, top, right, bottom = (scale * getattr(box, side) for side in CORNERS)
    brush.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=line)
    return left, top


def _label(brush: ImageDraw.ImageDraw, place: tuple[float, float], text: str) -> None:
    brush.rectangle(brush.textbbox(place, text, font=_font(10)), fill=FOUND_COLOUR)
    brush.text(place, text, fill="black", font=_font(10))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
