"""Where t-SNE put each picture, before and after fine-tuning, as a CSV."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from transfer import atomic


def write(path: Path, planes: Mapping[str, np.ndarray], rows: pd.DataFrame, names: Sequence[str]) -> None:
    """Write one line per picture: image_id, file, class, and the two coordinates in each plane (float [n, 2])."""
    columns = {"image_id": rows["image_id"], "file": rows["file"], "class": [names[label] for label in rows["label"]]}
    places = {f"{name}_{axis}": plane[:, index] for name, plane in planes.items() for index, axis in enumerate("xy")}
    table = pd.DataFrame({**columns, **places})
    atomic.write_text(path, table.to_csv(index=False, lineterminator="\n", float_format="%.4f"))
