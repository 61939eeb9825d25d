"""The champion, from the log of promotions, and how this run compares."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transfer.errors import DataError

LOG = "log.jsonl"
# Whether more of it is better, and what people call it.
FIGURES = {
    "accuracy": (1, "accuracy"),
    "macro_f1": (1, "macro F1"),
    "ece": (-1, "calibration error"),
    "AP": (1, "AP, overlaps 0.5 to 0.95"),
    "AP50": (1, "AP at overlap 0.5"),
    "AP75": (1, "AP at overlap 0.75"),
}


def newest(folder: Path) -> dict[str, Any] | None:
    """Return the bundle that the last promotion or rollback made champion, if the log has any.

    Raises:
        DataError: a line of the log is not a decision.
    """
    path = folder / LOG
    if not path.is_file():
        return None
    standing: dict[str, list[dict[str, Any]]] = {}
    last = None
    for decision, bundle in _entries(path):
        of_name = standing.setdefault(bundle["name"], [])
        if decision == "promoted":
            of_name.append(bundle)
        elif decision == "rolled back" and of_name:
            of_name.pop()
        else:
            continue
        last = of_name[-1] if of_name else None
    return last


def _entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            yield entry["decision"], {"name": entry["bundle"]["name"], **entry["bundle"]}
        except (ValueError, TypeError, KeyError) as error:
            msg = f"{path}: line {number}: not a decision ({error}); `transferline promote` alone writes this file"
            raise DataError(msg) from error


def compare(bundle: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Set the figures of this run, by task, beside the champion's; what only one of them has is left out."""
    rows = [
        _row(task, name, known[name], values[name])
        for task, values in metrics.items()
        for known in [bundle.get("metrics", {}).get(task, {})]
        for name in FIGURES
        if isinstance(known.get(name), int | float) and isinstance(values.get(name), int | float)
    ]
    return {"bundle": bundle["name"], "version": str(bundle.get("version", "")), "rows": rows}


def _row(task: str, name: str, old: float, new: float) -> dict[str, Any]:
    sign, words = FIGURES[name]
    gain = sign * (new - old)
    state = "up" if gain > 0 else "down" if gain < 0 else "same"
    return {"task": task, "name": name, "words": words, "old": old, "new": new, "change": new - old, "state": state}
