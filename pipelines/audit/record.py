"""What a revision records of each stage (dvc.lock), and what it asks for (dvc.yaml and params.yaml)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.utils.serialize import load_yaml

from pipelines.errors import AuditError

# Of a path: the MD5 of a file, or with ".dir" behind it that of a folder's list of files; None where there is none.
Hashes = Mapping[str, str | None]
# What lies elsewhere (https, s3) is not fetched for an audit; DVC knows it by a name that its server gives it.
LOCAL = "local"


@dataclass(frozen=True)
class Entry:
    """One stage as it ran. Paths are relative to the project where they lie in it."""

    cmd: Any
    deps: Hashes
    params: Mapping[str, Any]
    outs: Hashes


@dataclass(frozen=True)
class Asked:
    """One stage as dvc.yaml and params.yaml have it. `sources` are the deps that no stage makes."""

    name: str
    address: str
    file: str
    wdir: str
    cmd: Any
    deps: tuple[str, ...]
    sources: tuple[str, ...]
    params: Mapping[str, Any]
    outs: tuple[str, ...]
    metrics: tuple[str, ...]
    param_files: tuple[str, ...]
    recorded: Entry | None = field(default=None)


def read(folder: Path) -> dict[str, Asked]:
    """Return every stage of the project in `folder` with its entry in dvc.lock, if it has one.

    Raises:
        AuditError: a dvc.yaml or a dvc.lock cannot be read.
    """
    try:
        with Repo(str(folder)) as repo:
            nodes = [node for node in repo.index.stages if getattr(node, "name", None)]
            made = {_relative(out, folder) for node in nodes for out in node.outs}
            return {node.name: _asked(node, folder, made) for node in nodes}
    except DvcException as error:
        msg = f"dvc.yaml or dvc.lock cannot be read: {error}"
        raise AuditError(msg) from error


def entry(folder: Path, *, file: str, wdir: str, name: str) -> Entry | None:
    """Return what the dvc.lock beside `file` says now about a stage.

    Raises:
        AuditError: it is not what DVC writes.
    """
    path = (folder / file).with_name("dvc.lock")
    try:
        lock = _lock(path).get(name) if path.is_file() else None
        return None if lock is None else _entry(lock, folder, folder / wdir)
    except (KeyError, TypeError, AttributeError, ValueError, DvcException) as error:
        msg = f"{path.relative_to(folder)}: the entry of {name} is not one that DVC writes ({error!r})"
        raise AuditError(msg) from error


def _asked(node: Any, folder: Path, made: set[str]) -> Asked:
    params = {f"{_relative(dep, folder)}:{key}": value for dep in _params(node) for key, value in _values(dep).items()}
    deps = tuple(_relative(dep, folder) for dep in node.deps if dep.hash_name != "params" and dep.protocol == LOCAL)
    file, wdir = (Path(path).relative_to(folder).as_posix() for path in (node.path, node.wdir))
    return Asked(
        name=node.name,
        address=node.name if file == "dvc.yaml" else f"{file}:{node.name}",
        file=file,
        wdir=wdir,
        cmd=node.cmd,
        deps=deps,
        sources=tuple(dep for dep in deps if not _is_made(dep, made)),
        params=params,
        outs=tuple(_relative(out, folder) for out in node.outs),
        metrics=tuple(_relative(out, folder) for out in node.outs if out.metric),
        param_files=tuple(_relative(dep, folder) for dep in _params(node)),
        recorded=entry(folder, file=file, wdir=wdir, name=node.name),
    )


def _entry(lock: Any, folder: Path, wdir: Path) -> Entry:
    return Entry(
        cmd=lock["cmd"],
        deps={
            _within(wdir / item["path"], folder): item.get("md5")
            for item in lock.get("deps", [])
            if "://" not in item["path"]
        },
        params={
            f"{_within(wdir / file, folder)}:{key}": value
            for file, values in (lock.get("params") or {}).items()
            for key, value in values.items()
        },
        outs={_within(wdir / item["path"], folder): item.get("md5") for item in lock.get("outs", [])},
    )


def _lock(path: Path) -> dict[str, Any]:
    # DVC writes and reads YAML 1.2, where off is a word.
    stages = load_yaml(str(path))
    return dict((stages or {}).get("stages") or {})


def _params(node: Any) -> list[Any]:
    return [dep for dep in node.deps if dep.hash_name == "params"]


def _values(dep: Any) -> dict[str, Any]:
    values = dep.read_params(flatten=True)
    return {key: values.get(key) for key in dep.params} if dep.params else dict(values)


def _is_made(dep: str, made: set[str]) -> bool:
    path = Path(dep)
    inside = any(parent.as_posix() in made for parent in (path, *path.parents))
    return inside or any(path in Path(out).parents for out in made)


def _relative(out: Any, folder: Path) -> str:
    return _within(Path(out.fs_path), folder)


def _within(path: Path, folder: Path) -> str:
    # Lexically: a source may be a link that leads out of the project.
    absolute = Path(os.path.normpath(path))
    return absolute.relative_to(folder).as_posix() if absolute.is_relative_to(folder) else absolute.as_posix()
