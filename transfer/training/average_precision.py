"""Average precision, small and quick, to choose among epochs; reports use pycocotools."""

from collections.abc import Sequence

import numpy as np
import torch
from torchvision.ops import box_iou

Found = dict[str, torch.Tensor]

OVERLAPS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def average_precisions(found: Sequence[Found], wanted: Sequence[Found]) -> np.ndarray:
    """Return one value in 0..1 per overlap of `OVERLAPS`: the mean over the classes that occur in `wanted`.

    Each is the area under a precision-recall curve. One entry per image: `found` has boxes, labels and scores, `wanted`
    boxes and labels. As in COCO, precision is made to fall with recall, and is read at 101 recalls.
    """
    classes = sorted({label for image in wanted for label in image["labels"].tolist()})
    if not classes:
        return np.zeros(len(OVERLAPS))
    of_classes = [_of_class(found, wanted, label) for label in classes]
    return np.array([np.mean(values) for values in zip(*of_classes, strict=True)])


def _of_class(found: Sequence[Found], wanted: Sequence[Found], label: int) -> list[float]:
    scores, overlaps = [np.zeros(0)], []
    for seen, known in zip(found, wanted, strict=True):
        mine = seen["labels"] == label
        order = seen["scores"][mine].argsort(descending=True, stable=True)
        truth = known["boxes"][known["labels"] == label]
        scores.append(seen["scores"][mine][order].double().numpy())
        overlaps.append(box_iou(seen["boxes"][mine][order].float(), truth).numpy())
    order_of_all = np.argsort(-np.concatenate(scores), kind="stable")
    count = sum(image.shape[1] for image in overlaps)
    hits = [np.concatenate([_right(image, least) for image in overlaps])[order_of_all] for least in OVERLAPS]
    return [_area(right, count) for right in hits]


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
