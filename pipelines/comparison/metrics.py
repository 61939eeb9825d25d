"""What happened to the numbers in the metrics files."""

import json
from typing import Any

from pipelines.comparison import values
from pipelines.comparison.storage import Side

CLASSES = "per_class"
# Slices that a file holds beside its headline: COCO's sizes of objects.
SLICES = ("AP_small", "AP_medium", "AP_large")


def compare(old: Side, new: Side) -> dict[str, Any]:
    """Return, per metrics file, the numbers of both sides: at the top, per class, and slices that the file holds."""
    found = {}
    for path in sorted({*old.record.metrics, *new.record.metrics}):
        before, after = numbers(old, path), numbers(new, path)
        if before or after:
            found[path] = _parts(before, after)
    return found


def numbers(side: Side, path: str) -> dict[str, float]:
    """Return every number of a metrics file by its dotted key; none where the file is missing."""
    data = side.read(path)
    return {} if data is None else leaves(json.loads(data))


def leaves(content: Any) -> dict[str, float]:
    """Return the numbers of a tree of values by their dotted keys."""
    return {key: value for key, value in values.flat(content).items() if _is_number(value)}


def headline(found: dict[str, float]) -> dict[str, float]:
    """Return the numbers at the top of a file."""
    return {key: value for key, value in found.items() if "." not in key}


def _parts(before: dict[str, float], after: dict[str, float]) -> dict[str, Any]:
    rows = [_row(key, before.get(key), after.get(key)) for key in {**before, **after}]
    classes: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["key"].startswith(f"{CLASSES}."):
            # Names of classes may have dots, names of measures have none.
            name, _, measure = row["key"].removeprefix(f"{CLASSES}.").rpartition(".")
            classes.setdefault(name, {})[measure] = {key: row[key] for key in ("old", "new", "change")}
    rest = [row for row in rows if not row["key"].startswith(f"{CLASSES}.")]
    return {
        "numbers": [row for row in rest if row["key"] not in SLICES],
        "slices": [row for row in rest if row["key"] in SLICES],
        CLASSES: classes,
    }


def _row(key: str, old: float | None, new: float | None) -> dict[str, Any]:
    return {"key": key, "old": old, "new": new, "change": None if old is None or new is None else new - old}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
