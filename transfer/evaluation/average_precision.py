"""COCO's average precision of detections against true boxes, by pycocotools."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from transfer.data.dataset import CORNERS

# Places in pycocotools' precision array [overlap, recall, category, area, most detections per image].
OVERLAP_50, OVERLAP_75 = 0, 5
AREAS = {"AP": 0, "AP_small": 1, "AP_medium": 2, "AP_large": 3}


@dataclass(frozen=True)
class Precision:
    """`values` is float [10 overlaps 0.5..0.95, 101 recalls, categories, 4 areas]; -1 where there is no true box."""

    values: np.ndarray
    recalls: np.ndarray
    categories: tuple[str, ...]


def measure(
    found: pd.DataFrame, truth: pd.DataFrame, *, image_ids: Sequence[int], categories: Sequence[str]
) -> Precision:
    """Compare detections with true boxes on the given images.

    Both tables have image_id, category (a name), x_min, y_min, x_max, y_max in pixels of the original image; `found`
    has a score, `truth` a flag crowd: a crowd box is neither hit nor missed.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        known, seen = (_index(table, image_ids, categories) for table in (truth, found))
        evaluation = COCOeval(known, seen, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    return Precision(evaluation.eval["precision"][..., -1], evaluation.params.recThrs, tuple(categories))


def summary(precision: Precision) -> dict[str, Any]:
    """Return AP (overlaps 0.5 to 0.95), AP50, AP75, AP by COCO's sizes and AP per category; null without true boxes.

    A category without true boxes is left out of the means and named in `categories_without_boxes`.
    """
    values = precision.values
    per_class = {
        name: {"AP": _mean(values[:, :, index, 0]), "AP50": _mean(values[OVERLAP_50, :, index, 0])}
        for index, name in enumerate(precision.categories)
    }
    return {
        "AP": _mean(values[..., 0]),
        "AP50": _mean(values[OVERLAP_50, ..., 0]),
        "AP75": _mean(values[OVERLAP_75, ..., 0]),
        **{name: _mean(values[..., area]) for name, area in AREAS.items() if area},
        "per_class": per_class,
        "categories_without_boxes": [name for name, value in per_class.items() if value["AP"] is None],
    }


def _mean(values: np.ndarray) -> float | None:
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else None


def _index(table: pd.DataFrame, image_ids: Sequence[int], categories: Sequence[str]) -> COCO:
    """Put boxes into pycocotools' own form, also when there are none, which its loader of results cannot do."""
    index = COCO()
    index.dataset = {
        "images": [{"id": image_id} for image_id in image_ids],
        "categories": [{"id": number, "name": name} for number, name in enumerate(categories, start=1)],
        "annotations": _annotations(table, {name: number for number, name in enumerate(categories, start=1)}),
    }
    index.createIndex()
    return index


def _annotations(table: pd.DataFrame, numbers: dict[str, int]) -> list[dict[str, Any]]:
    crowd = table["crowd"].astype(int) if "crowd" in table else pd.Series(0, index=table.index)
    score = table["score"] if "score" in table else pd.Series(1.0, index=table.index)
    columns = table[["image_id", "category", *CORNERS]].assign(crowd=crowd, score=score)
    return [
        {
            # From 1: pycocotools takes the id 0 for "not matched", and precision falls for no reason.
            "id": number,
            "image_id": int(image_id),
            "category_id": numbers[category],
            "bbox": [float(left), float(top), float(right - left), float(bottom - top)],
            "area": float((right - left) * (bottom - top)),
            "iscrowd": int(is_crowd),
            "score": float(confidence),
        }
        for number, (image_id, category, left, top, right, bottom, is_crowd, confidence) in enumerate(
            columns.itertuples(index=False), start=1
        )
    ]
