"""What DVC and git have recorded of the line: entries of dvc.lock that led to some files, and the code's revision.

Both are the record itself, so neither can be a dep of the stage that hands it over.
"""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

LOCK = Path("dvc.lock")


def upstream(paths: Iterable[Path], *, lock: Path = LOCK) -> dict[str, Any]:
    """Return the entries of the stages that wrote `paths`, or what those were made from, by the stages' names.

    Without a lock, as when a stage runs outside DVC, there are none.
    """
    if not lock.is_file():
        return {}
    stages: dict[str, Any] = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
    found: dict[str, Any] = {}
    waiting = [path.as_posix() for path in paths]
    while waiting:
        wanted = waiting.pop()
        for name, entry in stages.items():
            if name not in found and any(_overlap(out["path"], wanted) for out in entry.get("outs", [])):
                found[name] = entry
                waiting += [dep["path"] for dep in entry.get("deps", [])]
    return dict(sorted(found.items()))


def params(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the stages of `upstream` ran with, as sections: those of params.yaml at that time."""
    found: dict[str, Any] = {}
    for entry in recorded.values():
        for values in entry.get("params", {}).values():
            for key, value in values.items():
                *sections, last = key.split(".")
                place = found
                for section in sections:
                    place = place.setdefault(section, {})
                place[last] = value
    return dict(sorted(found.items()))


def revision(paths: Iterable[Path]) -> dict[str, Any]:
    """Return the last commit that changed any of `paths`, and whether they differ from it; null outside of git.

    Not the current commit: that of dvc.lock comes after the run that it is the record of.
    """
    names = [path.as_posix() for path in paths]
    commit = _git("log", "-1", "--format=%H", "--", *names)
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *names)
    return {"revision": commit or None, "uncommitted": bool(changed)}


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _overlap(left: str, right: str) -> bool:
    return left == right or left.startswith(f"{right}/") or right.startswith(f"{left}/")
