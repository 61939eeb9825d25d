"""The detector's boxes on the test images that both sides have: change of AP50 with an interval."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipelines.comparison import matching
from pipelines.comparison.storage import Side
from transfer.measures import average_precision, bootstrap

TRUTH, FOUND = "reports/detector/truth.json", "reports/detector/detections.json"
RESAMPLES = 1000
CONFIDENCE = 0.95


def compare(old: Side, new: Side) -> dict[str, Any] | None:
    """Compare detections image by image, each side with its own true boxes; None where a side has none."""
    sides = [(_json(side, TRUTH), _json(side, FOUND)) for side in (old, new)]
    if any(part is None for side in sides for part in side):
        return None
    tables = [pd.DataFrame(truth["images"]).rename(columns={"file_name": "file"}) for truth, _ in sides]
    pairs = matching.match(*tables)
    counts = {f"only_{name}": len(table) - len(pairs) for name, table in zip(("old", "new"), tables, strict=True)}
    if pairs.empty:
        return {"in_both": 0, **counts, "changes": []}
    ids = [table["id"].iloc[pairs[name]].tolist() for name, table in zip(("old", "new"), tables, strict=True)]
    matches = [average_precision.match(*only(*side, ids=kept)) for side, kept in zip(sides, ids, strict=True)]
    return {
        "in_both": len(pairs),
        **counts,
        "metric": "AP50",
        "confidence": CONFIDENCE,
        "changes": _changes(matches[0], matches[1], num_images=len(pairs)),
    }


def only(
    truth: dict[str, Any], found: Sequence[dict[str, Any]], *, ids: Sequence[int]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return truth and detections of the images with these ids, which are numbered in this order."""
    numbers = {image: number for number, image in enumerate(ids, start=1)}
    boxes = [
        {**box, "image_id": numbers[box["image_id"]]} for box in truth["annotations"] if box["image_id"] in numbers
    ]
    kept = [{**box, "image_id": numbers[box["image_id"]]} for box in found if box["image_id"] in numbers]
    return {**truth, "images": [{"id": number} for number in numbers.values()], "annotations": boxes}, kept


def _changes(
    old: dict[str, average_precision.Matches], new: dict[str, average_precision.Matches], *, num_images: int
) -> list[dict[str, Any]]:
    groups = [("all", "all", old, new)]
    groups += [("class", name, {name: old[name]}, {name: new[name]}) for name in sorted(old.keys() & new.keys())]
    found = []
    for kind, name, before, after in groups:
        difference = bootstrap.paired(
            average_precision.measure(before, metric="AP50"),
            average_precision.measure(after, metric="AP50"),
            num_images=num_images,
            resamples=RESAMPLES,
            confidence=CONFIDENCE,
            seed=0,
        )
        numbers = {"old": difference.old, "new": difference.new, "change": difference.change}
        ends = {"low": difference.low, "high": difference.high}
        known = {key: None if value != value else value for key, value in {**numbers, **ends}.items()}
        found.append({"kind": kind, "name": name, **known})
    return found


def _json(side: Side, path: str) -> Any:
    data = side.read(path) if path in side.record.outs else None
    return None if data is None else json.loads(data)
