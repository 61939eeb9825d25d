"""Bring what no stage makes and git does not hold (images, weights) into the clone, and hash it there."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dvc.exceptions import DvcException
from dvc.repo import Repo

from pipelines.audit.checkout import Checkout
from pipelines.audit.record import LOCAL, Asked
from pipelines.git import git
from pipelines.store import Store

# Code comes from the revision alone; what lies beside it in the project is nobody's source.
CODE = {".py", ".pyc"}


@dataclass(frozen=True)
class Source:
    """Something that stages read and no stage makes; a hash is None where there is nothing."""

    path: str
    found: str | None
    recorded: dict[str, str | None]

    def differs_for(self, stage: str) -> bool:
        """Whether a stage read something else when it was recorded."""
        return stage in self.recorded and self.recorded[stage] != self.found


def bring(checkout: Checkout, store: Store, stages: Iterable[Asked]) -> None:
    """Bring what the stages need and the clone lacks: by hash where `dvc add` recorded one, else as it lies there."""
    for path in sorted({source for stage in stages for source in stage.sources}):
        if Path(path).is_absolute():
            continue
        added = _added(checkout.folder, path)
        if not (added and store.bring(added, where=path, into=checkout.folder)):
            _link_untracked(checkout, path)


def hashed(folder: Path, stages: Iterable[Asked]) -> dict[str, Source]:
    """Hash every source of the stages where it lies now, as DVC does it."""
    stages = list(stages)
    found: dict[str, str | None] = {}
    with Repo(str(folder)) as repo:
        for node in repo.index.stages:
            local = [dep for dep in node.deps if dep.protocol == LOCAL and dep.hash_name != "params"]
            for dep in local if hasattr(node, "name") else []:
                path = Path(os.path.normpath(dep.fs_path))
                name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
                if name not in found and any(name in stage.sources for stage in stages):
                    found[name] = _hash(dep)
    sources = sorted({source for stage in stages for source in stage.sources})
    return {path: Source(path, found.get(path), _recorded(path, stages)) for path in sources}


def _recorded(path: str, stages: Iterable[Asked]) -> dict[str, str | None]:
    readers = (stage for stage in stages if path in stage.sources and stage.recorded)
    return {s.name: s.recorded.deps[path] for s in readers if s.recorded and path in s.recorded.deps}


def _hash(dep: Any) -> str | None:
    try:
        return str(dep.get_hash().value) if dep.exists else None
    except (DvcException, OSError):
        return None


def _added(folder: Path, path: str) -> str | None:
    """Return the hash that `dvc add` has left of a path, of a file `<path>.dvc` in the revision."""
    file = folder / f"{path}.dvc"
    if not file.is_file():
        return None
    outs = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("outs") or [{}]
    md5 = outs[0].get("md5")
    return str(md5) if md5 else None


def _link_untracked(checkout: Checkout, path: str) -> None:
    there = checkout.project / path
    if there.is_symlink() or there.is_file():
        files = [path]
    elif there.is_dir():
        listed = git(checkout.project, "ls-files", "--others", "-z", "--", path).split("\0")
        files = [file for file in listed if file and Path(file).suffix not in CODE]
    else:
        files = []
    for file in files:
        _link(checkout.project / file, checkout.folder / file)


def _link(source: Path, target: Path) -> None:
    if target.exists() or target.is_symlink():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.resolve())
    elif source.is_dir():
        shutil.copytree(source, target, copy_function=_link_or_copy)
    else:
        _link_or_copy(source, target)


def _link_or_copy(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # On another disk, or one that knows no links.
        shutil.copyfile(source, target)
