"""Rank test images by how well a detector did on them."""

import pandas as pd

from transfer.data.dataset import CORNERS
from transfer.data.detections import overlaps


def by_quality(found: pd.DataFrame, truth: pd.DataFrame, *, least_overlap: float) -> list[tuple[int, float]]:
    """Return (image_id, F1) of every image with true boxes, worst first.

    A detection is right when it has the category of a true box of its own and overlaps it by `least_overlap` or more.
    """
    answers = dict(list(found.groupby("image_id")))
    empty = found.iloc[:0]
    known = dict(list(truth.groupby("image_id")))
    quality = [
        (image_id, _f1(answers.get(image_id, empty), known[image_id], least_overlap))
        for image_id in truth["image_id"].unique().tolist()
    ]
    return sorted(quality, key=lambda pair: (pair[1], pair[0]))


def _f1(found: pd.DataFrame, known: pd.DataFrame, least_overlap: float) -> float:
    ordered = found.sort_values("score", ascending=False, kind="stable")
    free = overlaps(ordered[CORNERS].to_numpy(float), known[CORNERS].to_numpy(float))
    free[ordered["category"].to_numpy()[:, None] != known["category"].to_numpy()[None, :]] = 0.0
    hits = 0
    for line in free:
        best = int(line.argmax())
        if line[best] >= least_overlap:
            hits += 1
            free[:, best] = 0.0
    return 2 * hits / (len(found) + len(known))
