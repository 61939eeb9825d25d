"""What a detector should find on each stored picture."""

import numpy as np
import torch

from transfer.data.dataset import CORNERS
from transfer.data.views.shards import Split
from transfer.errors import DataError


def targets(split: Split, *, name: str) -> list[dict[str, torch.Tensor]]:
    """Return per row: boxes float32 [n, 4] in pixels of the stored picture, labels int64 [n] from 1.

    Crowd boxes, which stand for an unknown number of objects, are left out: nothing can be learnt from their edges.

    Raises:
        DataError: the split has no box at all.
    """
    boxes = split.boxes[~split.boxes["crowd"].to_numpy(bool)]
    if boxes.empty:
        msg = (
            f"data/augmented/detector: split {name!r} has no boxes, so no detector can be trained on it; add boxes "
            "to the data set, or run the classifier alone: transferline run evaluate_classifier export_classifier"
        )
        raise DataError(msg)
    corners = torch.from_numpy(boxes[CORNERS].to_numpy(np.float32, copy=True))
    labels = torch.from_numpy(boxes["category"].to_numpy(np.int64, copy=True)) + 1
    rows = boxes["row"].to_numpy()
    order = np.argsort(rows, kind="stable")
    ends = np.searchsorted(rows[order], np.arange(len(split)), side="right")
    of_row = np.split(order, ends[:-1])
    return [{"boxes": corners[chosen], "labels": labels[chosen]} for chosen in map(torch.from_numpy, of_row)]
