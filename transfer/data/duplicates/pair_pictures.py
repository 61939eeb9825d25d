"""Draw two linked pictures so that a person sees what they share."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from transfer.data.duplicates.blocks import windows
from transfer.data.duplicates.links import Link

LONGEST_SIDE = 480
MARGIN = 8
CAPTION = 18
PAPER = (255, 255, 255)
INK = (20, 20, 20)
COLOR_A = (230, 120, 0)
COLOR_B = (0, 110, 220)


class Shown(NamedTuple):
    """A picture, uint8 [height, width, 3], and what to call it."""

    name: str
    pixels: np.ndarray


def draw_pair(link: Link, first: Shown, second: Shown) -> Image.Image:
    """Draw both on one canvas at the shift found, and beside it what each shows of the overlap and how these differ.

    Overlaps of the tiers `bytes` and `perceptual` are whole pictures; the second is then resized to the first.
    """
    if link.tier != "overlap" and first.pixels.shape != second.pixels.shape:
        second = Shown(second.name, _resized(second.pixels, first.pixels.shape))
    down, right = round(link.shift_y), round(link.shift_x)
    shared = windows(first.pixels, second.pixels, down=down, right=right)
    difference = np.abs(shared[0].astype(np.int16) - shared[1]).astype(np.uint8)
    panels = [("both", _together(first.pixels, second.pixels, down, right)), ("overlap in A", shared[0])]
    panels += [("overlap in B", shared[1]), ("difference", difference)]
    return _sheet([f"A {first.name}", f"B {second.name}", _facts(link)], panels)


def _facts(link: Link) -> str:
    place = f"B at ({link.shift_x:.1f}, {link.shift_y:.1f}) of A"
    return f"{link.tier}: overlap {link.overlap:.0%}, agreement {link.score:.2f}, {place}"


def _together(first: np.ndarray, second: np.ndarray, down: int, right: int) -> np.ndarray:
    """Place both on one canvas, half and half where they overlap, each in a frame of its color."""
    top, left = min(0, down), min(0, right)
    bottom = max(first.shape[0], down + second.shape[0])
    end = max(first.shape[1], right + second.shape[1])
    total = np.zeros((bottom - top, end - left, 3), np.float32)
    count = np.zeros((bottom - top, end - left, 1), np.float32)
    places = ((-top, -left, first), (down - top, right - left, second))
    for row, column, pixels in places:
        area = np.s_[row : row + pixels.shape[0], column : column + pixels.shape[1]]
        total[area] += pixels
        count[area] += 1
    canvas = np.where(count > 0, total / np.maximum(count, 1), 255).round().astype(np.uint8)
    for (row, column, pixels), color in zip(places, (COLOR_A, COLOR_B), strict=True):
        _frame(canvas[row : row + pixels.shape[0], column : column + pixels.shape[1]], color)
    return canvas


def _frame(area: np.ndarray, color: tuple[int, int, int]) -> None:
    width = max(1, round(max(area.shape) / 150))
    area[:width] = area[-width:] = color
    area[:, :width] = area[:, -width:] = color


def _sheet(captions: list[str], panels: list[tuple[str, np.ndarray]]) -> Image.Image:
    """Set the panels in a row, all at one scale, below the captions."""
    longest = max(max(pixels.shape) for _, pixels in panels)
    pictures = [(title, _scaled(pixels, LONGEST_SIDE / longest)) for title, pixels in panels]
    font = ImageFont.load_default(size=13)
    width = max(
        sum(picture.width + MARGIN for _, picture in pictures), *(int(font.getlength(line)) for line in captions)
    )
    head = MARGIN + CAPTION * (len(captions) + 1)
    height = head + max(picture.height for _, picture in pictures) + MARGIN
    sheet = Image.new("RGB", (width + 2 * MARGIN, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    for line, (caption, color) in enumerate(zip(captions, (COLOR_A, COLOR_B, INK), strict=True)):
        pen.text((MARGIN, MARGIN + CAPTION * line), caption, fill=color, font=font)
    left = MARGIN
    for title, picture in pictures:
        pen.text((left, head - CAPTION), title, fill=INK, font=font)
        sheet.paste(picture, (left, head))
        left += picture.width + MARGIN
    return sheet


def _scaled(pixels: np.ndarray, scale: float) -> Image.Image:
    image = Image.fromarray(pixels)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.NEAREST)


def _resized(pixels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((shape[1], shape[0]), Image.Resampling.BILINEAR))
