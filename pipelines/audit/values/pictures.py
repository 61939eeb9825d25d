"""Compare the pixels of two pictures."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines.audit.values import arrays
from pipelines.audit.values.difference import Difference, Rules


def compare(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Yield the pixel that differs most, by row, column and channel."""
    with Image.open(recorded) as old, Image.open(found) as new:
        if (old.size, old.mode) != (new.size, new.mode):
            yield Difference("picture", f"{old.mode} of {old.size}", f"{new.mode} of {new.size}")
        else:
            yield from arrays.compare(np.asarray(old), np.asarray(new), "pixel", rules.pixels)
