"""The detector's boxes on the test images that both sides have: change of AP50 with an interval."""

import json
from collections.abc import Sequence
from typing import Any

from pipelines.comparison.storage import Side
from pipelines.measures import average_precision, bootstrap

TRUTH, FOUND = "reports/detector/truth.json", "reports/detector/detections.json"
RESAMPLES = 1000
CONFIDENCE = 0.95


def compare(old: Side, new: Side) -> dict[str, Any] | None:
    """Compare detections image by image, each side with its own true boxes; None where a side has none."""
    sides = [(_json(side, TRUTH), _json(side, FOUND)) for side in (old, new)]
    if any(part is None for side in sides for part in side):
        return None
    names = [{image["file_name"] for image in truth["images"]} for truth, _ in sides]
    common = sorted(names[0] & names[1])
    if not common:
        return {"in_both": 0, "only_old": len(names[0]), "only_new": len(names[1]), "changes": []}
    matches = [average_precision.match(*only(truth, found, common)) for truth, found in sides]
    return {
        "in_both": len(common),
        "only_old": len(names[0]) - len(common),
        "only_new": len(names[1]) - len(common),
        "metric": "AP50",
        "confidence": CONFIDENCE,
        "changes": _changes(matches[0], matches[1], num_images=len(common)),
    }


def only(
    truth: dict[str, Any], found: Sequence[dict[str, Any]], names: Sequence[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return truth and detections on the named images, which are numbered in the order of the names."""
    places = {name: number for number, name in enumerate(names, start=1)}
    numbers = {image["id"]: places[image["file_name"]] for image in truth["images"] if image["file_name"] in places}
    images = [{"id": number, "file_name": name} for name, number in places.items()]
    boxes = [
        {**box, "image_id": numbers[box["image_id"]]} for box in truth["annotations"] if box["image_id"] in numbers
    ]
    kept = [{**box, "image_id": numbers[box["image_id"]]} for box in found if box["image_id"] in numbers]
    return {**truth, "images": images, "annotations": boxes}, kept


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
