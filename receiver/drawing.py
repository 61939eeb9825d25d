"""Draw an answer on its image."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# Colours that differ for most people who see some of them alike (Okabe and Ito, 2008), the light ones first.
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2")
# Smaller images are enlarged so that a label can be read, larger ones made smaller: they are to be looked at.
SMALLEST_SIDE, LARGEST_SIDE = 320, 2048
QUALITY = 92


def draw(pixels: np.ndarray, answer: Mapping[str, Any], categories: Sequence[str]) -> bytes:
    """Return a JPEG of uint8 [height, width, channels] pixels with boxes, or with the label in a bar below."""
    image, factor = _scaled(Image.fromarray(np.ascontiguousarray(pixels[:, :, :3])))
    size = max(12, max(image.size) // 40)
    if "boxes" in answer:
        _draw_boxes(image, answer["boxes"], categories, factor=factor, size=size)
    else:
        image = _with_bar(image, answer, size=size)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def _scaled(image: Image.Image) -> tuple[Image.Image, float]:
    longer = max(image.size)
    factor = min(float(max(1, -(-SMALLEST_SIDE // longer))), LARGEST_SIDE / longer)
    width, height = (max(1, round(side * factor)) for side in image.size)
    how = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX
    return image.resize((width, height), how), factor


def _draw_boxes(
    image: Image.Image, boxes: Sequence[Mapping[str, Any]], categories: Sequence[str], *, factor: float, size: int
) -> None:
    canvas, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    # The best last, so that no other covers it.
    for box in reversed(boxes):
        colour = COLOURS[categories.index(box["label"]) % len(COLOURS)]
        left, top, right, bottom = (value * factor for value in box["box"])
        canvas.rectangle((left, top, right, bottom), outline=colour, width=max(2, size // 6))
        text = f"{box['label']} {box['score']:.2f}"
        width = canvas.textlength(text, font=font) + size // 2
        # Above the box if there is room, and never beyond the right edge.
        y = top - 1.4 * size if top >= 1.4 * size else top
        x = max(0.0, min(left, image.width - width))
        canvas.rectangle((x, y, x + width, y + 1.4 * size), fill=colour)
        canvas.text((x + size // 4, y + 0.1 * size), text, fill="black", font=font)


def _with_bar(image: Image.Image, answer: Mapping[str, Any], *, size: int) -> Image.Image:
    font = ImageFont.load_default(size)
    text = f"{'' if answer['sure'] else 'not sure: '}{answer['label']} {answer['confidence']:.2f}"
    width = max(image.width, int(font.getlength(text)) + size)
    shown = Image.new("RGB", (width, image.height + int(1.6 * size)), "white")
    shown.paste(image, (0, 0))
    ImageDraw.Draw(shown).text((size // 2, image.height + 0.2 * size), text, fill="black", font=font)
    return shown
