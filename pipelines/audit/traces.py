"""Find the first thing in which two runs part, in the traces that the training loop writes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VARIABLE = "TRANSFERLINE_TRACE"
# Relative, so that the record of the environment is the same in every clone.
FILE = ".transferline/trace.jsonl"


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the steps that a stage has traced in `folder`; none where it does not train."""
    path = folder / FILE
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def parting(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> str | None:
    """Return a sentence on the first layer or value in which two traces part, or None if they are equal."""
    for number, (a, b) in enumerate(zip(first, second, strict=False), start=1):
        if a != b:
            return f"step {number} (epoch {a['epoch']}, step {a['step']} of it): {_what(a, b)}"
    if len(first) != len(second):
        return (
            f"step {min(len(first), len(second)) + 1}: one run ended after {len(first)} steps, one after {len(second)}"
        )
    return None


def _what(a: dict[str, Any], b: dict[str, Any]) -> str:
    for (name, digest), (other, another) in zip(a["events"], b["events"], strict=False):
        if name != other:
            return f"one run comes to {name}, the other to {other}"
        if digest != another:
            return str(name)
    return f"loss {a['loss']!r} and {b['loss']!r}"
