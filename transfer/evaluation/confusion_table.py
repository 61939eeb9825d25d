"""Truth and answer of every image, for people and for DVC's confusion plot."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from transfer import atomic


def write(path: Path, answers: np.ndarray, rows: pd.DataFrame, names: Sequence[str]) -> None:
    """Write one line per image: file, truth, answer."""
    table = pd.DataFrame(
        {
            "file": rows["file"],
            "truth": [names[label] for label in rows["label"]],
            "answer": [names[answer] for answer in answers],
        }
    )
    atomic.write_text(path, table.to_csv(index=False, lineterminator="\n"))
