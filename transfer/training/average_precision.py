"""Average precision at one overlap, small and quick, to choose among epochs; reports use pycocotools."""

from collections.abc import Sequence

import numpy as np
import torch
from torchvision.ops import box_iou

Found = dict[str, torch.Tensor]


def mean_average_precision(found: Sequence[Found], wanted: Sequence[Found], *, overlap: float) -> float:
    """Return the mean over classes that occur in `wanted` of the area under the precision-recall curve, 0..1.

    One entry per image: `found` has boxes, labels and scores, `wanted` boxes and labels. As in COCO, precision is made
    to fall with recall, and is read at 101 recalls.
    """
    classes = sorted({label for image in wanted for label in image["labels"].tolist()})
    values = [_of_class(found, wanted, label, overlap) for label in classes]
    return float(np.mean(values)) if values else 0.0


def _of_class(found: Sequence[Found], wanted: Sequence[Found], label: int, overlap: float) -> float:
    scores, right = [np.zeros(0)], [np.zeros(0, bool)]
    count = 0
    for seen, known in zip(found, wanted, strict=True):
        mine = seen["labels"] == label
        order = seen["scores"][mine].argsort(descending=True, stable=True)
        truth = known["boxes"][known["labels"] == label]
        count += len(truth)
        scores.append(seen["scores"][mine][order].double().numpy())
        right.append(_right(box_iou(seen["boxes"][mine][order].float(), truth).numpy(), overlap))
    hits = np.concatenate(right)[np.argsort(-np.concatenate(scores), kind="stable")]
    return _area(hits, count)


def _right(overlaps: np.ndarray, least: float) -> np.ndarray:
    """Tell which detections [n] match a true box [m] of their own, best score first, each the best one still free."""
    free = overlaps.copy()
    hits = np.zeros(len(free), bool)
    for index in range(len(free) if free.shape[1] else 0):
        best = int(free[index].argmax())
        hits[index] = free[index, best] >= least
        if hits[index]:
            free[:, best] = -1.0
    return hits


def _area(hits: np.ndarray, count: int) -> float:
    if not len(hits):
        return 0.0
    recall = hits.cumsum() / count
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.append(falling, 0.0)[places].mean())
