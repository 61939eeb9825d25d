"""Read what a stage wrote at some revision, by the hash in dvc.lock: from DVC's cache, the working tree or git."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from dvc.repo import Repo

from pipelines.comparison.record import Record
from pipelines.comparison.revision import Revision

FOLDER = ".dir"


@dataclass(frozen=True)
class Side:
    """A revision with its record, and a list of what was looked for in vain."""

    revision: Revision
    record: Record
    cache: Path
    missing: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Return the content of an output, or of a file in an output folder; None where there is none or it is missing.

        What the record knows but nobody has any more is added to `missing`, by path.
        """
        outs = self.record.outs
        folder = next((out for out in outs if path == out or path.startswith(f"{out}/")), None)
        if folder is None:
            return None
        if path == folder:
            return self._kept(path, outs[path])
        listing = self._object(outs[folder])
        if listing is None:
            self.missing[folder] = outs[folder]
            return None
        inside = {entry["relpath"]: entry["md5"] for entry in json.loads(listing)}
        digest = inside.get(path.removeprefix(f"{folder}/"))
        return None if digest is None else self._kept(path, digest, whole=folder)

    def _kept(self, path: str, digest: str, *, whole: str = "") -> bytes | None:
        found = self._object(digest)
        for look in (self._in_working_tree, self.revision.read):
            if found is None:
                data = look(path)
                found = data if data is not None and _md5(data) == digest else None
        if found is None:
            self.missing[whole or path] = digest
        return found

    def _object(self, digest: str) -> bytes | None:
        file = self.cache / digest[:2] / digest[2:]
        return file.read_bytes() if digest and file.is_file() else None

    def _in_working_tree(self, path: str) -> bytes | None:
        file = self.revision.project / path
        return file.read_bytes() if file.is_file() else None


def cache_of(project: Path) -> Path:
    """Return the folder of DVC's cache, which may lie outside the project."""
    with Repo(str(project)) as repo:
        return Path(repo.cache.local.path)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
