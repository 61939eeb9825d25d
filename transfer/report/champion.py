"""The newest promoted bundle, from the promotion log, and how this run compares."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transfer.errors import DataError

LOG = "log.jsonl"
# Whether more of it is better.
FIGURES = {"accuracy": 1, "macro_f1": 1, "ece": -1, "AP": 1, "AP50": 1, "AP75": 1}


def newest(folder: Path) -> dict[str, Any] | None:
    """Return the last entry of the log that promoted a bundle, if there is one.

    Raises:
        DataError: a line of the log is not JSON.
    """
    path = folder / LOG
    if not path.is_file():
        return None
    promoted = [entry for entry in _entries(path) if entry.get("promoted", True)]
    return promoted[-1] if promoted else None


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            msg = f"{path}: line {number}: not JSON ({error}); the log is written by `transferline promote` alone"
            raise DataError(msg) from error
        yield entry


def compare(entry: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Set the figures of this run, by task, beside the champion's; what only one of them has is left out."""
    rows = [
        _row(task, name, known[name], values[name])
        for task, values in metrics.items()
        for known in [entry.get("metrics", {}).get(task, {})]
        for name in FIGURES
        if isinstance(known.get(name), int | float) and isinstance(values.get(name), int | float)
    ]
    return {"bundle": str(entry.get("bundle", "")), "version": str(entry.get("version", "")), "rows": rows}


def _row(task: str, name: str, old: float, new: float) -> dict[str, Any]:
    gain = (new - old) * FIGURES[name]
    state = "up" if gain > 0 else "down" if gain < 0 else "same"
    return {"task": task, "name": name, "old": old, "new": new, "change": new - old, "state": state}
