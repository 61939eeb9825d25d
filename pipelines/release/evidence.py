"""What a bundle brings as evidence: every answer of its models on the test split, parity, size and lineage."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines import answer_table
from pipelines.errors import ReleaseError
from receiver.standalone import verify

FOLDERS = {"classification": "classifier", "detection": "detector"}
VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+][0-9A-Za-z.+-]+)?")
NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?")


@dataclass(frozen=True)
class Bundle:
    """A good bundle, as a folder; `digest` stands for every byte of it, `metrics` are its own, by task."""

    folder: Path
    digest: str
    name: str
    version: str
    metrics: dict[str, dict[str, Any]]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Name what its models do."""
        return tuple(self.metrics)

    @property
    def size(self) -> int:
        """Count the bytes of all files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def committed(self) -> bool:
        """Whether all that the bundle was made with was in git, as it says itself; not if it says nothing."""
        file = self.folder / "lineage" / "lineage.json"
        git = json.loads(file.read_bytes()).get("git", {}) if file.is_file() else {}
        return bool(git.get("revision")) and not git.get("uncommitted", True)

    def json(self, name: str) -> Any:
        """Read one file of the evidence.

        Raises:
            ReleaseError: there is no such file.
        """
        return json.loads(self._read(name))

    def predictions(self) -> pd.DataFrame:
        """Return file, sha256, label and predicted of every test image.

        Raises:
            ReleaseError: there is no such file.
        """
        return answer_table.parse(self._read("classifier_predictions.csv"))

    def _read(self, name: str) -> bytes:
        file = self.folder / "evidence" / name
        if not file.is_file():
            msg = f"{self.name} {self.version}: evidence/{name}: not in the bundle; pack it with package_handoff"
            raise ReleaseError(msg)
        return file.read_bytes()


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Check a bundle, a folder or a zip, byte by byte and by its golden inputs, and yield it.

    Raises:
        ReleaseError: something is wrong with it.
    """
    problems = verify.verify(path)
    if problems:
        raise ReleaseError(_listed(f"{path}: not a good bundle, so it is not judged", problems))
    digest = verify.digest(path)
    with verify.opened(path) as folder:
        if (folder / verify.EXPECTED).is_file() and (problems := verify.golden(folder)):
            raise ReleaseError(_listed(f"{path}: answers otherwise than when it was packed", problems))
        described = json.loads((folder / verify.DESCRIPTION).read_bytes())
        tasks = described["tasks"]
        metrics = {name: tasks[name].get("metrics", {}) for name in FOLDERS if name in tasks}
        yield Bundle(folder, digest, name_of(described), version_of(described), metrics)


def name_of(described: dict[str, Any]) -> str:
    """Return the bundle's name.

    Raises:
        ReleaseError: it cannot be part of a tag.
    """
    name = str(described.get("name", ""))
    if NAME.fullmatch(name):
        return name
    msg = f"bundle.json: name {name!r}; expected letters, digits, - and _, as it becomes part of a git tag"
    raise ReleaseError(msg)


def version_of(described: dict[str, Any]) -> str:
    """Return the bundle's version in full, as v1.2.0; "1.2" is v1.2.0.

    Raises:
        ReleaseError: it is no version.
    """
    version = str(described.get("version", ""))
    found = VERSION.fullmatch(version)
    if found is None:
        msg = f"bundle.json: version {version!r}; expected numbers as 1.2.0, as it becomes part of a git tag"
        raise ReleaseError(msg)
    return "v" + ".".join(str(int(part or 0)) for part in found.groups()[:3]) + (found[4] or "")


def _listed(heading: str, problems: list[str]) -> str:
    more = [f"  ... and {len(problems) - 10} more"] if len(problems) > 10 else []
    return "\n".join([f"{heading}:", *(f"  {problem}" for problem in problems[:10]), *more])
