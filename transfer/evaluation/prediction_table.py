"""What a classifier answered for every image, with what is needed to check it: the image's own bytes, by hash."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from transfer import atomic


def write(
    path: Path, probabilities: np.ndarray, rows: pd.DataFrame, names: Sequence[str], *, images: pd.DataFrame
) -> None:
    """Write one line per image: image_id, file, sha256, label, predicted, confidence, and p_<class> of each class.

    `rows` are those of a split, `images` is the data set's table. Numbers are the shortest that give the same float32.
    """
    answers = probabilities.argmax(1)
    known = {
        "image_id": rows["image_id"].to_numpy(),
        "file": rows["file"].to_numpy(),
        "sha256": images.set_index("image_id")["sha256"].reindex(rows["image_id"]).to_numpy(),
        "label": [names[label] for label in rows["label"]],
        "predicted": [names[answer] for answer in answers],
        "confidence": _shortest(probabilities.max(1)),
    }
    columns = {f"p_{name}": _shortest(probabilities[:, index]) for index, name in enumerate(names)}
    atomic.write_text(path, pd.DataFrame(known | columns).to_csv(index=False, lineterminator="\n"))


def _shortest(values: np.ndarray) -> list[str]:
    return [str(value) for value in values.astype(np.float32)]
