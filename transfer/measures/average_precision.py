"""Average precision of images that may count several times: pycocotools matches boxes, here precision is added up."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from transfer.measures.bootstrap import Measure

RECALLS = np.linspace(0.0, 1.0, 101)
# Places among COCO's ten overlaps, 0.5 to 0.95.
OVERLAPS = {"AP": slice(0, 10), "AP50": slice(0, 1), "AP75": slice(5, 6)}


@dataclass(frozen=True)
class Matches:
    """Detections of one category, best first: the place of their image, and whether they hit or are ignored.

    `image` is int [detections], `hit` and `ignored` bool [10 overlaps, detections], `truths` int [images]: true boxes.
    """

    image: np.ndarray
    hit: np.ndarray
    ignored: np.ndarray
    truths: np.ndarray


def match(truth: dict[str, Any], detections: Sequence[dict[str, Any]]) -> dict[str, Matches]:
    """Match detections with true boxes as COCO does (all sizes, at most 100 per image); returns matches per category.

    `truth` is COCO's ground truth, `detections` its list of results. Places of images are in the order of their ids.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        known = _index(truth, truth["annotations"])
        evaluation = COCOeval(known, _index(truth, detections), "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
    num_images = len(truth["images"])
    found = {}
    for place, number in enumerate(evaluation.params.catIds):
        answers = evaluation.evalImgs[place * num_images : (place + 1) * num_images]
        found[str(known.cats[number]["name"])] = _gathered(answers)
    return found


def measure(matches: dict[str, Matches], *, metric: str) -> Measure:
    """Return a measure for `bootstrap`: the mean over the categories that a draw has true boxes of.

    `metric` is "AP" (overlaps 0.5 to 0.95), "AP50" or "AP75".
    """
    overlaps = OVERLAPS[metric]

    def mean(counts: np.ndarray) -> np.ndarray:
        each = np.stack([_precision(entry, counts, overlaps) for entry in matches.values()])
        measured = ~np.isnan(each)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(measured, each, 0).sum(0) / measured.sum(0))

    return mean


def per_category(matches: dict[str, Matches], *, metric: str) -> dict[str, float | None]:
    """Return the metric of each category on all images; None where there is no true box."""
    found = {}
    for name, entry in matches.items():
        value = float(_precision(entry, np.ones((1, len(entry.truths)), dtype=np.int64), OVERLAPS[metric])[0])
        found[name] = None if np.isnan(value) else value
    return found


def _precision(matches: Matches, counts: np.ndarray, overlaps: slice) -> np.ndarray:
    """Return float [draws], NaN where a draw has no true box: the mean over overlaps and 101 recalls."""
    truths = counts @ matches.truths
    times = counts[:, matches.image]
    values = []
    for hit, ignored in zip(matches.hit[overlaps], matches.ignored[overlaps], strict=True):
        hits = np.cumsum(times * (hit & ~ignored), axis=1)
        misses = np.cumsum(times * (~hit & ~ignored), axis=1)
        values.append(_at_recalls(hits, misses, truths))
    return np.asarray(np.where(truths > 0, np.mean(values, axis=0), np.nan))


def _at_recalls(hits: np.ndarray, misses: np.ndarray, truths: np.ndarray) -> np.ndarray:
    if not hits.shape[1]:
        return np.zeros(len(truths))
    precision = hits / np.maximum(hits + misses, np.spacing(1))
    # The best precision at this recall or a higher one.
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = hits / np.maximum(truths, 1)[:, None]
    found = np.empty(len(truths))
    for draw in range(len(truths)):
        places = np.searchsorted(recall[draw], RECALLS, side="left")
        found[draw] = precision[draw, places[places < recall.shape[1]]].sum() / len(RECALLS)
    return found


def _gathered(answers: Sequence[dict[str, Any] | None]) -> Matches:
    """Put the images' detections of a category together, best first; equal scores stay in the order of the images."""
    seen = [(place, answer) for place, answer in enumerate(answers) if answer is not None]
    truths = np.zeros(len(answers), dtype=np.int64)
    for place, answer in seen:
        truths[place] = int((np.asarray(answer["gtIgnore"]) == 0).sum())
    if not seen:
        nothing = np.zeros((10, 0), dtype=bool)
        return Matches(np.zeros(0, dtype=np.int64), nothing, nothing, truths)
    scores = np.concatenate([np.asarray(answer["dtScores"], dtype=np.float64) for _, answer in seen])
    order = np.argsort(-scores, kind="mergesort")
    image = np.concatenate([np.full(len(answer["dtScores"]), place) for place, answer in seen])
    hit = np.concatenate([np.asarray(answer["dtMatches"]) != 0 for _, answer in seen], axis=1)
    ignored = np.concatenate([np.asarray(answer["dtIgnore"]) != 0 for _, answer in seen], axis=1)
    return Matches(image[order].astype(np.int64), hit[:, order], ignored[:, order], truths)


def _index(truth: dict[str, Any], boxes: Sequence[dict[str, Any]]) -> COCO:
    index = COCO()
    # From 1: pycocotools takes the id 0 for "not matched".
    annotations = [
        {"iscrowd": 0, "area": box["bbox"][2] * box["bbox"][3], **box, "id": number}
        for number, box in enumerate(boxes, start=1)
    ]
    index.dataset = {"images": truth["images"], "categories": truth["categories"], "annotations": annotations}
    index.createIndex()
    return index
