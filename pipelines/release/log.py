"""The log of decisions: one JSON line each, each with the hash of the line before, so that no line can be changed."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.errors import ReleaseError

LOG = Path("release", "log.jsonl")
PROMOTED, REFUSED, ROLLED_BACK = "promoted", "refused", "rolled back"
# What some readers take for the end of a line, and JSON does not escape by itself.
OTHER_LINE_ENDS = {number: f"\\u{number:04x}" for number in (0x85, 0x2028, 0x2029)}

Entry = dict[str, Any]


def read(text: str) -> list[Entry]:
    """Return the decisions of a log, oldest first.

    Raises:
        ReleaseError: a line does not follow from the one before: one was edited, removed or put in.
    """
    entries: list[Entry] = []
    previous = None
    for number, line in enumerate(_lines(text), start=1):
        entry = _parsed(line)
        if entry is None or entry.get("previous") != previous:
            msg = (
                f"{LOG}, line {number}: does not follow from the line before; a line was edited, removed or put in. "
                f"`git log -p -- {LOG}` shows when; nothing is decided on a log that is not whole"
            )
            raise ReleaseError(msg)
        entries.append(entry)
        previous = digest(line)
    return entries


def line_for(entry: Entry, text: str) -> str:
    """Return the line that puts a decision behind those of `text`."""
    lines = _lines(text)
    linked = {**entry, "previous": digest(lines[-1]) if lines else None}
    return json.dumps(linked, ensure_ascii=False, allow_nan=False, sort_keys=True).translate(OTHER_LINE_ENDS) + "\n"


def digest(line: str) -> str:
    """Return what the next line knows a line by."""
    return hashlib.sha256(line.rstrip("\n").encode()).hexdigest()


def digests(text: str) -> list[str]:
    """Return the digest of each line."""
    return [digest(line) for line in _lines(text)]


def champions(entries: Sequence[Entry], name: str) -> list[Entry]:
    """Return what stands of a name, oldest first: promoted, and not rolled back; the last is the champion."""
    standing: list[Entry] = []
    for entry in entries:
        if entry["bundle"]["name"] != name:
            continue
        if entry["decision"] == PROMOTED:
            standing.append(entry)
        elif entry["decision"] == ROLLED_BACK:
            standing.pop()
    return standing


def names(entries: Sequence[Entry]) -> list[str]:
    """Return the names that have a champion."""
    found = dict.fromkeys(entry["bundle"]["name"] for entry in entries)
    return [name for name in found if champions(entries, name)]


def _lines(text: str) -> list[str]:
    # Words may hold what Python takes for other ends of lines.
    return text.removesuffix("\n").split("\n") if text else []


def _parsed(line: str) -> Entry | None:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) else None
