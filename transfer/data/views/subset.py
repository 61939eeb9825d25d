"""A few images of each class out of stored shards, to train on less data without storing it again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from transfer.data.seeds import drawn_order
from transfer.data.views.shards import Split
from transfer.errors import DataError


def few(split: Split, *, images_per_class: int, seed: int, names: Sequence[str] = ()) -> Split:
    """Choose so many images of each class, with all their views; the pixels stay where they are on disk.

    Rows are numbered anew, in the order they had. The images are those that split_data.train_images_per_class keeps
    for the same seed, and those of a smaller count are among those of a larger one. `names` are the classes' names,
    for the message.

    Raises:
        DataError: a class has fewer images than asked for.
    """
    images = split.rows.drop_duplicates("image_id")
    images = images[images["label"] >= 0]
    _check_counts(images["label"], images_per_class, names)
    chosen: list[int] = []
    for _, of_class in images.groupby("label"):
        drawn = drawn_order(of_class["file"].tolist(), seed=seed, purpose="few")
        chosen.extend(of_class["image_id"].to_numpy()[drawn[:images_per_class]])
    return _kept(split, split.rows["image_id"].isin(chosen).to_numpy())


def _check_counts(labels: pd.Series, images_per_class: int, names: Sequence[str]) -> None:
    counts = {int(label): int(count) for label, count in zip(*np.unique(labels, return_counts=True), strict=True)}
    scarce = {label: count for label, count in counts.items() if count < images_per_class}
    if scarce:
        listed = ", ".join(f"{names[label] if names else f'class {label}'} ({scarce[label]})" for label in scarce)
        msg = (
            f"{images_per_class} training images per class are asked for, but there are fewer of: {listed}; "
            f"ask for at most {min(scarce.values())}, or add images"
        )
        raise DataError(msg)


def _kept(split: Split, mask: np.ndarray) -> Split:
    rows = split.rows[mask]
    numbers = pd.Series(np.arange(len(rows)), index=rows["row"].to_numpy())
    boxes = split.boxes[split.boxes["row"].isin(numbers.index)]
    old = rows["row"].to_numpy()
    return Split(
        rows=rows.assign(row=numbers.to_numpy()).reset_index(drop=True),
        boxes=boxes.assign(row=boxes["row"].map(numbers)).reset_index(drop=True),
        shards=split.shards,
        places=old if split.places is None else split.places[old],
    )
