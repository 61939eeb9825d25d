"""Write overlays into params.yaml, the one place where values are: what ran is what is tracked."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from pipelines import overlay, schemas, sections
from pipelines.errors import LineError, ParamsError
from pipelines.splice import spell, splice


def write(
    project: Path, files: Sequence[Path], assignments: Sequence[str], *, check: Callable[[], None] = lambda: None
) -> list[overlay.Change]:
    """Check the overlays, write them into the project's params.yaml, and return what changed.

    Nothing is written when anything is wrong; comments and layout stay. `check` finds the values written; when it
    raises, the old ones come back.

    Raises:
        ParamsError: see `overlay.changes`, `sections.check` and `schemas.check`.
        LineError: what `check` raises.
    """
    path = project / "params.yaml"
    if not path.is_file():
        msg = f"{path}: not found"
        raise ParamsError(msg)
    text = path.read_text(encoding="utf-8")
    current = yaml.safe_load(text)
    made = overlay.changes(current, files, assignments, exact=not schemas.exist(project))
    sections.check(overlay.applied(current, made))
    if made:
        changed = splice(text, {change.path: change.new for change in made})
        if schemas.exist(project):
            schemas.check(project, changed, {change.path[0] for change in made} - sections.SCHEMAS.keys())
        _replace(path, changed)
    try:
        check()
    except LineError:
        if made:
            _replace(path, text)
        raise
    return made


def describe(made: Sequence[overlay.Change]) -> str:
    """Return one line per change, old and new value."""
    width = max((len(_name(change)) for change in made), default=0)
    return "\n".join(f"  {_name(change):<{width}}  {spell(change.old)} -> {spell(change.new)}" for change in made)


def _name(change: overlay.Change) -> str:
    return ".".join(change.path)


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)
