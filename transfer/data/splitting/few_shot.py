"""Keep only a few training images of each class, to study how little data is enough."""

import numpy as np

from transfer.data.seeds import drawn_order
from transfer.data.splitting.splits import Items


def limited(items: Items, split: np.ndarray, *, train_images_per_class: int, seed: int) -> np.ndarray:
    """Return `split` with None for the train images beyond the limit.

    Which images stay is drawn with the seed; those of a smaller limit are among those of a larger one.
    """
    result = split.copy()
    for name in np.unique(items.classes[split == "train"].astype(str)):
        rows = np.flatnonzero((split == "train") & (items.classes == name))
        drawn = drawn_order(items.files[rows].tolist(), seed=seed, purpose="few")
        result[rows[drawn[train_images_per_class:]]] = None
    return result
