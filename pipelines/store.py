"""Find recorded bytes by their hash: in the project's DVC cache, or in its workspace. Nothing is ever written there."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dvc.repo import Repo

from pipelines.errors import AuditError

FOLDER = ".dir"
CHUNK = 1 << 20


@dataclass
class Store:
    """What a project has of the bytes that its dvc.lock names; `where` says at which paths they lay when recorded."""

    cache: Path
    workspace: Path
    _known: dict[Path, str] = field(default_factory=dict)

    def file(self, md5: str, *, where: str) -> Path | None:
        """Return a file with these bytes, or None; what a cache or a workspace only claims to have does not count."""
        candidates = (self.cache / md5[:2] / md5[2:], self.workspace / where)
        return next((path for path in candidates if path.is_file() and self._md5(path) == md5), None)

    def folder(self, md5: str, *, where: str) -> dict[str, str] | None:
        """Return the MD5 of each file, by its path in the folder, or None."""
        listed = self.cache / md5[:2] / md5[2:]
        if listed.is_file() and f"{self._md5(listed)}{FOLDER}" == md5:
            return {check_name(row["relpath"]): row["md5"] for row in json.loads(listed.read_text(encoding="utf-8"))}
        files = files_of(self.workspace / where)
        hashes = {relative: self._md5(path) for relative, path in files.items()}
        return hashes if hashes and md5_of_folder(hashes) == md5 else None

    def files(self, md5: str, *, where: str) -> dict[str, Path] | None:
        """Return where the bytes of each file below `where` lie, by its path in the project; None if any is missing."""
        if not md5.endswith(FOLDER):
            found = {where: self.file(md5, where=where)}
        else:
            listed = self.folder(md5, where=where)
            if listed is None:
                return None
            paths = {f"{where}/{relative}": md5 for relative, md5 in listed.items()}
            found = {path: self.file(md5, where=path) for path, md5 in paths.items()}
        complete = {path: file for path, file in found.items() if file is not None}
        return complete if len(complete) == len(found) else None

    def bring(self, md5: str, *, where: str, into: Path) -> bool:
        """Copy what was recorded at `where` to the same place below `into`; return whether all of it was there."""
        files = self.files(md5, where=where)
        if files is None:
            return False
        for path, file in files.items():
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        return True

    def _md5(self, path: Path) -> str:
        if path not in self._known:
            self._known[path] = md5_of_file(path)
        return self._known[path]


def of(project: Path) -> Store:
    """Return the store of a project."""
    with Repo(str(project)) as repo:
        return Store(Path(repo.cache.local.path), project)


def md5_of_file(path: Path) -> str:
    """Hash a file as DVC does."""
    return digest_of(path, "md5")


def digest_of(path: Path, name: str) -> str:
    """Hash a file, which may be larger than memory."""
    digest = hashlib.new(name, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def md5_of_folder(hashes: Mapping[str, str]) -> str:
    """Hash a folder as DVC does: the list of its files and their MD5."""
    rows = [{"md5": hashes[relative], "relpath": relative} for relative in sorted(hashes)]
    return hashlib.md5(json.dumps(rows).encode(), usedforsecurity=False).hexdigest() + FOLDER


def files_of(path: Path) -> dict[str, Path]:
    """Return every file of a folder by its path in it."""
    return {file.relative_to(path).as_posix(): file for file in sorted(_below(path))} if path.is_dir() else {}


def check_name(relative: str) -> str:
    """Return a path of a list of files, if it stays in its folder.

    Raises:
        AuditError: it does not; DVC would not have written it.
    """
    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        msg = f"{relative!r} in a list of files leads out of its folder"
        raise AuditError(msg)
    return relative


def _below(path: Path) -> Iterator[Path]:
    return (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
