"""Compare the environment of a rerun with the one that was recorded when the stage ran."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.audit.record import Asked
from pipelines.store import Store

FOLDER = "reports/environment/"
# Those that a rerun is given as they were recorded; a record could name others, which would let it run code.
VARIABLES = {
    "CUBLAS_WORKSPACE_CONFIG",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENCV_NUM_THREADS",
    "THP_MEM_ALLOC_ENABLE",
}
# What the same revision with its requirements.lock brings back anywhere; the rest is another machine.
SOFTWARE = ("python", "packages", "variables")


@dataclass(frozen=True)
class Change:
    """A fact of the environment that is another one now; `software` is what could have been made the same."""

    fact: str
    recorded: Any
    found: Any
    software: bool

    def __str__(self) -> str:
        return f"{self.fact}: recorded {_shown(self.recorded)}, here {_shown(self.found)}"


def path_of(stage: Asked) -> str | None:
    """Return the output that records the stage's environment, if it has one."""
    return next((out for out in stage.outs if out.startswith(FOLDER)), None)


def recorded(stage: Asked, store: Store) -> dict[str, Any] | None:
    """Return the recorded environment, or None where there is none whose bytes are at hand."""
    path = path_of(stage)
    md5 = stage.recorded.outs.get(path) if stage.recorded and path else None
    file = store.file(md5, where=path) if md5 and path else None
    return _read(file) if file else None


def found(stage: Asked, folder: Path) -> dict[str, Any] | None:
    """Return the environment that a rerun has just recorded."""
    path = path_of(stage)
    return _read(folder / path) if path and (folder / path).is_file() else None


def compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Return every fact that differs."""
    return [
        Change(fact, a, b, software=fact.partition(".")[0] in SOFTWARE) for fact, a, b in _facts(then, now, prefix="")
    ]


def variables(record: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Return the recorded variables that a rerun is given, too."""
    return {name: value for name, value in _variables(record).items() if name in VARIABLES}


def declared(record: Mapping[str, Any] | None) -> set[str]:
    """Return the variables that the record speaks of: those that the project's code may read."""
    return set(_variables(record))


def _variables(record: Mapping[str, Any] | None) -> dict[str, Any]:
    found = (record or {}).get("variables")
    return found if isinstance(found, dict) else {}


def _facts(then: Mapping[str, Any], now: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(then.keys() | now.keys()):
        a, b = then.get(key), now.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            yield from _facts(a, b, f"{prefix}{key}.")
        elif a != b:
            yield f"{prefix}{key}", a, b


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) else None


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
