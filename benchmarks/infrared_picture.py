"""Draw the picture of docs/inputs.md: the same leaves dry and living, in colour and in infrared.

python benchmarks/infrared_picture.py docs/pictures
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from transfer.data.drawing import leaves

SIDE = 96
PICTURES = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    path = parser.parse_args().folder / "infrared.jpg"
    rows = [band for name in leaves.CLASSES for band in rows_of(name)]
    Image.fromarray(np.concatenate(rows)).save(path, quality=85)


def rows_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours and the infrared of a class, each as a row of pictures."""
    drawn = np.concatenate([leaves.draw(name, SIDE, np.random.default_rng(seed)).pixels for seed in range(PICTURES)], 1)
    return drawn[:, :, :3], drawn[:, :, 3:].repeat(3, axis=2)


if __name__ == "__main__":
    main()
