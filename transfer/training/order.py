"""The order of training pictures: which rows make up an epoch, and in which batches."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from transfer.data.seeds import derive


def one_view_each(rows: pd.DataFrame, epoch: int) -> np.ndarray:
    """Choose one stored view of every image, another one each epoch, so that all views have their turn."""
    views = rows["view"].to_numpy()
    num_views = int(views.max()) + 1
    turn = (epoch + rows["image_id"].to_numpy()) % num_views
    chosen: np.ndarray = rows["row"].to_numpy()[views == turn]
    return chosen


def balanced(rows: pd.DataFrame, epoch: int, *, seed: int) -> np.ndarray:
    """Draw as many pictures as `one_view_each` chooses, of it and with replacement, each class equally likely.

    A picture's probability is the inverse of the count of its class; the draw depends on seed and epoch alone.
    """
    chosen = one_view_each(rows, epoch)
    labels = rows.set_index("row").loc[chosen, "label"].to_numpy()
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = 1 / counts[classes]
    generator = np.random.default_rng(derive(seed, "balanced", epoch))
    drawn: np.ndarray = generator.choice(chosen, len(chosen), p=weights / weights.sum())
    return drawn


def shuffled_batches(chosen: np.ndarray, *, batch_size: int, seed: int, epoch: int) -> Iterator[np.ndarray]:
    """Yield the row numbers of an epoch in batches; the order depends on seed and epoch alone.

    A last batch of a single picture joins the one before it: BatchNorm cannot train on one.
    """
    shuffled = np.random.default_rng(derive(seed, "order", epoch)).permutation(chosen)
    starts = batch_starts(len(shuffled), batch_size)
    for start, end in zip(starts, [*starts[1:], len(shuffled)], strict=True):
        yield shuffled[start:end]


def batch_starts(count: int, batch_size: int) -> list[int]:
    """Return where the batches of `count` rows begin."""
    starts = list(range(0, count, batch_size))
    if len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return starts
