"""Which stage of the line waits for which, from the text of dvc.yaml alone."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from transfer.errors import ParamsError

# DVC refuses its own file as a dep of a stage: what changes the graph alone does not make a reader of it stale.
FILE = Path("dvc.yaml")
TEMPLATE = re.compile(r"\$\{([\w.]+)\}")


def upstream(params: Path) -> dict[str, list[str]]:
    """Return, for each stage of dvc.yaml in its order, those that write what it reads.

    Templates stand for values of `params`.

    Raises:
        ParamsError: a template names no value.
    """
    stages = yaml.safe_load(FILE.read_text(encoding="utf-8"))["stages"]
    values = yaml.safe_load(params.read_text(encoding="utf-8"))
    outs = {name: _paths(stage, ("outs", "metrics", "plots"), values) for name, stage in stages.items()}
    deps = {name: _paths(stage, ("deps",), values) for name, stage in stages.items()}
    return {
        name: [other for other in stages if other != name and any(_meet(a, b) for a in read for b in outs[other])]
        for name, read in deps.items()
    }


def _paths(stage: dict[str, Any], kinds: tuple[str, ...], values: dict[str, Any]) -> list[PurePosixPath]:
    entries = [entry for kind in kinds for entry in stage.get(kind, [])]
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
    return [PurePosixPath(TEMPLATE.sub(lambda found: _value(values, found[1]), name)) for name in names]


def _value(values: Any, key: str) -> str:
    for part in key.split("."):
        if not isinstance(values, dict) or part not in values:
            msg = f"dvc.yaml: params.yaml has no {key}, which the template ${{{key}}} names"
            raise ParamsError(msg)
        values = values[part]
    return str(values)


def _meet(dep: PurePosixPath, out: PurePosixPath) -> bool:
    """Whether one is the other, or lies in it."""
    return dep == out or dep in out.parents or out in dep.parents
