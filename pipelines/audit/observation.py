"""Judge what was observed while a stage ran: everything it read has to be listed in dvc.yaml."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any, Literal

from pipelines.audit.record import Asked

# What stages that tell of the others read of the record itself, which can be nobody's dep; by how their names begin.
RECORD = {
    "package_": (".git", "dvc.lock", "selection/dvc.lock"),
    "build_report": (".git", "dvc.lock", "selection/dvc.lock", ".transferline"),
}
# DVC refuses a dvc.yaml as a dep, and runs a stage again whose entry in it has changed.
DEFINITIONS = {"dvc.yaml"}
# Read by DVC and git, whoever is asked to do something.
HOUSEKEEPING = {".dvcignore", ".gitignore", ".gitattributes"}
# Where libraries keep what they can make again (fonts, kernels, downloads that they check).
CACHES = (".cache", ".config", ".fonts", ".local/share", ".nv", ".triton", ".great_expectations", "Library")


@dataclass(frozen=True)
class Undeclared:
    """Something that a stage depends on and dvc.yaml does not list; `line` is where the code asks for it."""

    kind: Literal["file", "variable"]
    name: str
    line: str

    def __str__(self) -> str:
        where = f" ({self.line})" if self.line else ""
        if self.kind == "file":
            return f"reads {self.name}{where}, which dvc.yaml does not list"
        what = "all environment variables" if self.name == "*" else f"the environment variable {self.name}"
        return f"reads {what}{where}, which no record has"


@dataclass(frozen=True)
class Observation:
    """What came out: how many Python processes spoke, what is undeclared, and what of it was not even there.

    Programs ask for files that may be missing, so the last counts only where the stage failed.
    """

    processes: int
    undeclared: list[Undeclared]
    absent: list[Undeclared]


class Declared:
    """What a stage may read in its project, in the temporary folder, and in caches of libraries."""

    def __init__(self, stage: Asked, project: Path, *, temporary: Path, home: Path) -> None:
        paths = [*stage.deps, *stage.outs, *stage.param_files, *of_the_record(stage)]
        # Of these, some are absolute.
        inside = {project / path for path in paths}
        # A source may be a link; code that resolves it reads where it leads.
        resolved = {Path(os.path.realpath(path)) for path in inside}
        caches = {home / cache for cache in CACHES} | _named_caches()
        self._inside = {*inside, *resolved}
        self._outside = {*inside, *resolved, temporary, *caches}
        self._project = project

    def __call__(self, path: Path) -> bool:
        """Whether the stage may read this file, or anything in this folder."""
        if path.suffix == ".pyc" and path.parent.name == "__pycache__":
            path = Path(source_from_cache(str(path)))
        around = (path, *path.parents)
        if path.is_relative_to(self._project):
            return not self._inside.isdisjoint(around) or _is_of_no_account(path)
        return not self._outside.isdisjoint(around)


def of_the_record(stage: Asked) -> tuple[str, ...]:
    """Return what a stage may read of the record; nothing, for most."""
    return next((paths for start, paths in RECORD.items() if stage.name.startswith(start)), ())


def read(folder: Path) -> list[dict[str, Any]]:
    """Return what the observers of all processes of a stage wrote down, in the order in which it happened."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted((json.loads(line) for line in lines), key=lambda line: int(line["at"]))


def judge(
    lines: Iterable[Mapping[str, Any]],
    *,
    declared: Declared,
    project: Path,
    variables: Iterable[str],
    accessed: Iterable[Path] = (),
) -> Observation:
    """Name what is undeclared; `variables` are those that the record of the environment has."""
    lines = list(lines)
    reads = list(_undeclared_reads(lines, declared, kind="read"))
    absent = _undeclared_reads(lines, declared, kind="absent")
    unread = sorted(set(accessed) - {path for path, _ in reads})
    known = set(variables)
    asked = [line for line in lines if line["kind"] == "variable" and line["name"] not in known]
    return Observation(
        processes=sum(line["kind"] == "process" for line in lines),
        undeclared=[
            *(Undeclared("file", _short(path, project), _line(where)) for path, where in reads),
            *(Undeclared("file", _short(path, project), "") for path in unread),
            *(Undeclared("variable", line["name"], _line(line["where"])) for line in asked),
        ],
        # Of libraries, what they look for is their own business.
        absent=[Undeclared("file", _short(path, project), _line(where)) for path, where in absent if where],
    )


def _undeclared_reads(
    lines: Iterable[Mapping[str, Any]], declared: Declared, *, kind: str
) -> Iterator[tuple[Path, Any]]:
    # What a stage has written itself, it may read.
    written: set[Path] = set()
    seen: set[Path] = set()
    for line in lines:
        path = Path(line["name"])
        if line["kind"] == "write":
            written.add(path)
        elif line["kind"] == kind and path not in seen and not declared(path):
            seen.add(path)
            # A folder that was renamed brings its files along.
            if written.isdisjoint((path, *path.parents)):
                yield path, line["where"]


def _is_of_no_account(path: Path) -> bool:
    empty = path.name == "__init__.py" and path.is_file() and path.stat().st_size == 0
    return empty or path.name in DEFINITIONS | HOUSEKEEPING


def _named_caches() -> set[Path]:
    names = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TORCH_HOME", "MPLCONFIGDIR", "HF_HOME", "CUDA_CACHE_PATH")
    return {Path(os.environ[name]).absolute() for name in names if os.environ.get(name)}


def _short(path: Path, project: Path) -> str:
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else path.as_posix()


def _line(where: Any) -> str:
    return f"{where[0]}:{where[1]}" if where else ""
