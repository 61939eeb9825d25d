"""Put everything that differs between two revisions together."""

from pathlib import Path
from typing import Any

from pipelines import store
from pipelines.comparison import (
    answers,
    code,
    data,
    detections,
    kinds,
    metrics,
    record,
    revision,
    surroundings,
    values,
    weights,
)
from pipelines.comparison.revision import Revision
from pipelines.comparison.storage import Side
from pipelines.section import PARAMS

FETCH = "dvc fetch --all-commits"


def sides(project: Path, old: str, new: str | None) -> tuple[Side, Side]:
    """Return both revisions with their records.

    Raises:
        RevisionError: git does not know one, or it holds no line.
    """
    kept = store.of(project)
    found = [revision.find(project, name) for name in (old, new)]
    before, after = (Side(side, record.read(side), kept) for side in found)
    return before, after


def compare(old: Side, new: Side) -> dict[str, Any]:
    """Return what changed and what became of the numbers, as it goes into JSON."""
    images = data.images(new)
    found = {
        "format": 1,
        "old": _named(old.revision),
        "new": _named(new.revision),
        "data": data.compare(old, new),
        "params": _params(old, new),
        "code": code.compare(old.record, new.record),
        "weights": weights.compare(old, new),
        "environment": surroundings.compare(old, new),
        "metrics": metrics.compare(old, new),
        "answers": answers.compare(old, new, images),
        "detections": detections.compare(old, new),
    }
    return {**found, "missing": [lost for side in (old, new) for lost in _missing(side)]}


def _named(side: Revision) -> dict[str, Any]:
    return {"revision": side.name, "commit": side.commit, "label": side.label}


def _params(old: Side, new: Side) -> list[dict[str, Any]]:
    changes = values.compare(old.revision.values(PARAMS), new.revision.values(PARAMS))
    return [{**change, "kind": kinds.of_section(change["key"].partition(".")[0])} for change in changes]


def _missing(side: Side) -> list[dict[str, Any]]:
    # A revision's own files come back with the checkout of that revision; all revisions' with one fetch.
    fetch = FETCH if side.revision.commit else "dvc pull"
    return [
        {"revision": side.revision.label, "path": path, "hash": digest, "fetch": fetch}
        for path, digest in sorted(side.missing.items())
    ]
