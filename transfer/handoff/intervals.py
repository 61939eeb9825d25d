"""How far chance could have moved a measure: intervals from drawing the test images again and again."""

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

CONFIDENCE = 0.95
Interval = tuple[float, float]


def macro_f1(table: pd.DataFrame, *, resamples: int, seed: int) -> Interval:
    """Return the bootstrap interval of macro F1 from a table with label and predicted."""
    names = sorted({*table["label"], *table["predicted"]})
    codes = [
        pd.Categorical(table[column], categories=names).codes.astype(np.int64) for column in ("label", "predicted")
    ]
    cells = codes[0] * len(names) + codes[1]

    def measure(drawn: np.ndarray) -> dict[str, float]:
        matrix = np.bincount(cells[drawn], minlength=len(names) ** 2).reshape(len(names), len(names))
        seen = matrix.sum(0) + matrix.sum(1)
        return {"macro_f1": float((2 * matrix.diagonal()[seen > 0] / seen[seen > 0]).mean())}

    return _intervals(measure, len(table), resamples=resamples, seed=seed)["macro_f1"]


def average_precision(truth: Path, found: Path, *, resamples: int, seed: int) -> dict[str, Interval]:
    """Return the bootstrap intervals of AP: of each category with true boxes by its name, and of the mean as "AP".

    `truth` and `found` are COCO's files, as the evaluation of a detector writes them.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(truth))
        evaluation = COCOeval(known, _results(known, found), "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [100]
        evaluation.evaluate()
    images, recalls = len(evaluation.params.imgIds), evaluation.params.recThrs
    names = [category["name"] for category in known.loadCats(evaluation.params.catIds)]
    per_image = {
        name: evaluation.evalImgs[number * images : (number + 1) * images] for number, name in enumerate(names)
    }

    def measure(drawn: np.ndarray) -> dict[str, float]:
        values = {name: precision([rows[i] for i in drawn], recalls) for name, rows in per_image.items()}
        defined = {name: value for name, value in values.items() if value is not None}
        return {**defined, "AP": float(np.mean(list(defined.values())))} if defined else {}

    return _intervals(measure, images, resamples=resamples, seed=seed)


def precision(rows: Sequence[Mapping[str, Any] | None], recalls: np.ndarray) -> float | None:
    """Return COCO's average precision of one category from pycocotools' matches per image; null without true boxes."""
    shown = [row for row in rows if row is not None]
    count = sum(int((np.asarray(row["gtIgnore"]) == 0).sum()) for row in shown)
    if not count:
        return None
    scores = np.concatenate([np.asarray(row["dtScores"], float) for row in shown])
    order = np.argsort(-scores, kind="stable")
    matched = np.concatenate([row["dtMatches"] for row in shown], axis=1)[:, order]
    counted = ~np.concatenate([row["dtIgnore"] for row in shown], axis=1).astype(bool)[:, order]
    hits, misses = np.cumsum((matched > 0) & counted, axis=1), np.cumsum((matched == 0) & counted, axis=1)
    ratio = hits / np.maximum(hits + misses, 1)
    best = np.maximum.accumulate(ratio[:, ::-1], axis=1)[:, ::-1]
    padded = np.concatenate([best, np.zeros((len(best), 1))], axis=1)
    return float(np.mean([padded[t, np.searchsorted(hits[t] / count, recalls)].mean() for t in range(len(padded))]))


def _results(known: COCO, found: Path) -> COCO:
    # pycocotools cannot load an empty list.
    return known.loadRes(str(found)) if found.read_text(encoding="utf-8").strip() != "[]" else COCO()


def _intervals(
    measure: Callable[[np.ndarray], dict[str, float]], count: int, *, resamples: int, seed: int
) -> dict[str, Interval]:
    generator = np.random.default_rng(seed)
    drawn = pd.DataFrame([measure(generator.integers(0, count, count)) for _ in range(resamples)])
    ends = drawn.quantile([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return {str(name): (float(ends[name].iloc[0]), float(ends[name].iloc[1])) for name in drawn}
