"""Bring stages of a clone up to date by DVC, and find out whether they ran in the surroundings they were made in."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.children import Children
from pipelines.comparison import surroundings
from pipelines.comparison.storage import Side
from pipelines.environment import for_stages
from pipelines.reproduce import DVC

RUNNING = "Running stage '"
# Of what a failing stage printed last.
LAST_LINES = 3


def rerun(clone: Path, stages: Sequence[str], *, say: Callable[[str], None]) -> str | None:
    """Run `stages` and all they need, as far as they are stale; return None, or why they could not.

    What earlier runs wrote is taken from DVC's cache first, so that what a change does not touch stays as it is.
    """
    # What is not in the cache is missing afterwards, and computed.
    children = Children(for_stages())
    children.run([*DVC, "checkout", "--quiet", "--force", "--allow-missing"], lambda line: None, folder=clone)
    printed: list[str] = []

    def hear(line: str) -> None:
        if line.strip():
            printed.append(line)
        if line.startswith(RUNNING):
            say(f"  {line.removeprefix('Running stage ').rstrip(':')}")

    code = children.run([*DVC, "repro", *stages], hear, folder=clone)
    return None if code == 0 else " / ".join(line.strip() for line in printed[-LAST_LINES:])


def other_surroundings(old: Side, clone: Path) -> bool:
    """Whether a stage of the clone wrote down other surroundings than it did at the old revision."""
    before = surroundings.records(old)
    files = {file.stem: file for file in (clone / surroundings.FOLDER).glob("*.json")}
    return any(before[name] != json.loads(files[name].read_bytes()) for name in before.keys() & files.keys())
