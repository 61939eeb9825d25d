"""Which weights changed: what was brought in, and every model that a stage wrote."""

import json
from typing import Any

from pipelines.comparison import sources
from pipelines.comparison.storage import Side

MODELS = "models/"
FACTS = "facts.json"


def compare(old: Side, new: Side) -> dict[str, Any]:
    """Compare the sources of weights, and models by their hash and by the lineage that they carry."""
    return {"sources": sources.changed(old.record, new.record, kind="weights"), "models": _models(old, new)}


def _models(old: Side, new: Side) -> list[dict[str, Any]]:
    before, after = old.record.outs, new.record.outs
    found = []
    for path in sorted(path for path in before.keys() | after.keys() if path.startswith(MODELS)):
        digests = before.get(path), after.get(path)
        if digests[0] != digests[1]:
            lineages = [_lineage(side, path) if path in side.record.outs else None for side in (old, new)]
            found.append({"path": path, "old": digests[0], "new": digests[1], "lineage": _steps(*lineages)})
    return found


def _lineage(side: Side, path: str) -> list[dict[str, Any]] | None:
    # ONNX files are one file, with their facts inside.
    data = side.read(f"{path}/{FACTS}") if side.record.outs[path].endswith(".dir") else None
    return None if data is None else list(json.loads(data).get("lineage", []))


def _steps(old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Return the steps of the lineages that are not the same, by their number; None where a lineage is not known."""
    if old is None or new is None:
        return None
    steps = range(max(len(old), len(new)))
    pairs = [(number, _at(old, number), _at(new, number)) for number in steps]
    return [{"step": number + 1, "old": a, "new": b} for number, a, b in pairs if a != b]


def _at(lineage: list[dict[str, Any]], number: int) -> dict[str, Any] | None:
    return lineage[number] if number < len(lineage) else None
