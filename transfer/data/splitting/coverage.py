"""Which classes of the images each split shows: training needs all of them, the others should have them."""

import numpy as np
import pandas as pd

from transfer.data.splitting.splits import SPLITS
from transfer.errors import DataError


def absent(labels: pd.Series, split: np.ndarray) -> dict[str, list[str]]:
    """Name the classes that each split lacks; a split without any labelled image is not asked."""
    table = pd.DataFrame({"label": labels.to_numpy(dtype=object), "split": split}).dropna()
    known = set(table["label"])
    shown = {name: set(rows["label"]) for name, rows in table.groupby("split")}
    return {name: sorted(known - shown[name]) for name in SPLITS if name in shown and known - shown[name]}


def require_in_train(labels: pd.Series, split: np.ndarray) -> None:
    """Stop where a class of val or test is not in train.

    Raises:
        DataError: names the classes and where their images are.
    """
    lacking = absent(labels, split).get("train", [])
    if lacking:
        places = [f"  {name}: {_places(split[(labels == name).to_numpy()])}" for name in lacking]
        msg = (
            f"{len(lacking)} class(es) have no train image, so nothing can be learned of them\n"
            + "\n".join(places)
            + "\nMove some of their images to train, name the other classes in ingest_data.labels and drop what is "
            "unknown_class, or set split_data.use_supplied of params.yaml to false"
        )
        raise DataError(msg)


def describe(lacking: dict[str, list[str]]) -> list[str]:
    """Say what cannot be measured in val and test."""
    return [
        f"no {name} image of {', '.join(classes)}: what a model does with them is not measured there"
        for name, classes in lacking.items()
    ]


def _places(split: np.ndarray) -> str:
    counts = pd.Series(split).value_counts().sort_index()
    return ", ".join(f"{count:,} image(s) in {name}" for name, count in counts.items())
