"""The classifier's answers on the test images that both sides have: what was gained and lost, per class and slice."""

from typing import Any

import pandas as pd

from pipelines import answer_table
from pipelines.comparison import matching, slices
from pipelines.comparison.storage import Side
from transfer.measures.pairs import Pairs, interval, p_value

PREDICTIONS = "reports/classifier/predictions.csv"
# What lines wrote before they had predictions: file, truth, answer.
CONFUSION = "reports/classifier/confusion.csv"
CONFIDENCE = 0.95


def compare(old: Side, new: Side, images: pd.DataFrame | None) -> dict[str, Any] | None:
    """Compare answers image by image; None where a side has none.

    `images` is the new side's image table, which slices are made of; without it there are classes only.
    """
    before, after = read(old), read(new)
    if before is None or after is None:
        return None
    both = paired(before, after)
    relabelled = both["label_old"] != both["label"]
    same = both[~relabelled]
    groups = [("all", "all", same), *(("class", str(name), rows) for name, rows in same.groupby("label"))]
    groups += slices.of(same, images) if images is not None else []
    return {
        "in_both": len(both),
        "only_old": len(before) - len(both),
        "only_new": len(after) - len(both),
        "relabelled": int(relabelled.sum()),
        "confidence": CONFIDENCE,
        "changes": [{"kind": kind, "name": name, **judged(counted(rows))} for kind, name, rows in groups],
    }


def read(side: Side) -> pd.DataFrame | None:
    """Return file, label, predicted and, where it is known, sha256 of each test image; None where they are missing."""
    # A side that never had such a file does not miss it.
    path = next((path for path in (PREDICTIONS, CONFUSION) if path in side.record.outs), None)
    data = side.read(path) if path else None
    return None if data is None else answer_table.parse(data)


def counted(rows: pd.DataFrame) -> Pairs:
    """Count the images that were gained and lost."""
    before, after = rows["predicted_old"] == rows["label"], rows["predicted"] == rows["label"]
    return Pairs(len(rows), int((after & ~before).sum()), int((before & ~after).sum()))


def judged(pairs: Pairs) -> dict[str, Any]:
    """Return the counts, the change of the share right with its interval, and the p-value."""
    low, high = interval(pairs, confidence=CONFIDENCE)
    return {
        "images": pairs.count,
        "gained": pairs.gained,
        "lost": pairs.lost,
        "change": pairs.change,
        "low": low,
        "high": high,
        "p_value": p_value(pairs),
    }


def paired(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the newer answers of the images in both, with `label_old` and `predicted_old`."""
    pairs = matching.match(before, after)
    old, new = before.iloc[pairs["old"]].reset_index(drop=True), after.iloc[pairs["new"]].reset_index(drop=True)
    return new.assign(label_old=old["label"], predicted_old=old["predicted"])
