"""Draw a sheet of the formula images that a backbone is pretrained on: python -m benchmarks.formula_sheet SHEET.png"""

import argparse
from pathlib import Path

import torch
from PIL import Image

from transfer import atomic
from transfer.data.drawing import formula

ROWS, COLUMNS, SIZE, MARGIN = 4, 8, 56, 4


def main() -> None:
    """Draw one image per spectrum, the same ones every time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path)
    sheet = parser.parse_args().sheet
    generator = torch.Generator().manual_seed(0)
    images = formula.draw_images(formula.draw_spectra(ROWS * COLUMNS, SIZE, generator), generator)
    with atomic.replacing(sheet) as beside:
        _arranged(images).save(beside, format="PNG", optimize=True)


def _arranged(images: torch.Tensor) -> Image.Image:
    step = SIZE + MARGIN
    picture = Image.new("L", (COLUMNS * step - MARGIN, ROWS * step - MARGIN), 255)
    for index, image in enumerate(images):
        row, column = divmod(index, COLUMNS)
        picture.paste(Image.fromarray(image[..., 0].numpy()), (column * step, row * step))
    return picture


if __name__ == "__main__":
    main()
