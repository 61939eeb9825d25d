"""How far chance in the choice of test images could have moved a detector's average precision."""

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from transfer.data.dataset import CORNERS
from transfer.report.coco_files import Boxes

RECALLS = np.linspace(0.0, 1.0, 101)
TAILS = (0.025, 0.975)
# Places of overlaps among COCO's ten, 0.5 to 0.95.
OVERLAPS = {"AP": slice(0, 10), "AP50": slice(0, 1)}


@dataclass(frozen=True)
class Matches:
    """Detections of one category, best first: the place of their image, int [n], and what became of each, bool [10, n].

    `truths` counts the true boxes of each image, int [images].
    """

    image: np.ndarray
    hit: np.ndarray
    missed: np.ndarray
    truths: np.ndarray


def intervals(boxes: Boxes, *, resamples: int, seed: int) -> dict[str, tuple[float, float]]:
    """Return the ends of the 95 % percentile interval of AP and of AP50 over bootstrap draws of the test images.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    matches = match(boxes)
    draws = np.random.default_rng(seed)
    number = len(boxes.image_ids)
    measured = [
        mean_precision(matches, np.bincount(draws.integers(0, number, number), minlength=number))
        for _ in range(resamples)
    ]
    ends = np.nanquantile(np.array(measured), TAILS, axis=0).T
    return {name: (float(low), float(high)) for name, (low, high) in zip(OVERLAPS, ends, strict=True)}


def mean_precision(matches: list[Matches], counts: np.ndarray) -> list[float]:
    """Return AP and AP50 of images of which each counts `counts` times; NaN if none of them has a true box."""
    known = [entry for entry in matches if counts @ entry.truths > 0]
    values = np.array([_precision(entry, counts) for entry in known])
    return [float(values[:, overlaps].mean()) if known else float("nan") for overlaps in OVERLAPS.values()]


def match(boxes: Boxes) -> list[Matches]:
    """Match detections with true boxes as COCO does; one entry per category."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(_index(boxes, boxes.truth), _index(boxes, boxes.found), "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
    number = len(boxes.image_ids)
    answers = evaluation.evalImgs
    return [_gathered(answers[place * number : (place + 1) * number]) for place in range(len(boxes.categories))]


def _precision(matches: Matches, counts: np.ndarray) -> np.ndarray:
    """Return float [10]: per overlap, the mean precision at 101 recalls."""
    times = counts[matches.image]
    hits = (matches.hit * times).cumsum(1)
    misses = (matches.missed * times).cumsum(1)
    precision = hits / np.maximum(hits + misses, 1)
    # The best precision at this recall or a higher one; beyond the last detection there is none.
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    best = np.concatenate([best, np.zeros((len(best), 1))], axis=1)
    recalls = hits / (counts @ matches.truths)
    return np.array(
        [line[np.searchsorted(r, RECALLS, side="left")].mean() for r, line in zip(recalls, best, strict=True)]
    )


def _gathered(answers: list[dict[str, Any] | None]) -> Matches:
    seen = [(place, answer) for place, answer in enumerate(answers) if answer is not None]
    truths = np.zeros(len(answers), dtype=np.int64)
    for place, answer in seen:
        truths[place] = int((np.asarray(answer["gtIgnore"]) == 0).sum())
    if not seen:
        nothing = np.zeros((10, 0), dtype=bool)
        return Matches(np.zeros(0, dtype=np.int64), nothing, nothing, truths)
    scores = np.concatenate([np.asarray(answer["dtScores"], dtype=float) for _, answer in seen])
    order = np.argsort(-scores, kind="stable")
    image = np.repeat([place for place, _ in seen], [len(answer["dtScores"]) for _, answer in seen])
    hit = np.concatenate([np.asarray(answer["dtMatches"]) != 0 for _, answer in seen], axis=1)[:, order]
    ignored = np.concatenate([np.asarray(answer["dtIgnore"]) != 0 for _, answer in seen], axis=1)[:, order]
    return Matches(image[order].astype(np.int64), hit & ~ignored, ~hit & ~ignored, truths)


def _index(boxes: Boxes, table: Any) -> COCO:
    numbers = {name: number for number, name in enumerate(boxes.categories, start=1)}
    index = COCO()
    index.dataset = {
        "images": [{"id": image_id} for image_id in boxes.image_ids],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": [
            # From 1: pycocotools takes the id 0 for "not matched".
            {"id": number, "category_id": numbers[row["category"]], **_box(row)}
            for number, row in enumerate(table.to_dict("records"), start=1)
        ],
    }
    index.createIndex()
    return index


def _box(row: dict[str, Any]) -> dict[str, Any]:
    left, top, right, bottom = (float(row[corner]) for corner in CORNERS)
    return {
        "image_id": int(row["image_id"]),
        "bbox": [left, top, right - left, bottom - top],
        "area": (right - left) * (bottom - top),
        "iscrowd": int(row.get("crowd", 0)),
        "score": float(row.get("score", 1.0)),
    }
