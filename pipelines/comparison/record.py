"""What the dvc.lock files of a revision say: what each stage read and wrote, by hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.comparison.revision import Revision
from pipelines.errors import RevisionError

# The line's own, and that of the optional stages.
FOLDERS = ("", "selection/")


@dataclass(frozen=True)
class StageRecord:
    """Hashes of a stage's last run, by path; a folder's hash ends in ".dir"."""

    command: str
    deps: dict[str, str]
    outs: dict[str, str]


@dataclass(frozen=True)
class Record:
    """All stages that have run, by name, and the metrics files that dvc.yaml names."""

    stages: dict[str, StageRecord]
    metrics: tuple[str, ...]

    @property
    def outs(self) -> dict[str, str]:
        """The hash of everything that a stage wrote."""
        return {path: digest for stage in self.stages.values() for path, digest in stage.outs.items()}

    def sources(self) -> dict[str, dict[str, str]]:
        """Return, per path that is read and that no stage writes, its hash at each stage that reads it.

        A folder in which stages write is none, as that of the reports.
        """
        outs = self.outs
        found: dict[str, dict[str, str]] = {}
        for name, stage in self.stages.items():
            for path, digest in stage.deps.items():
                if not any(f"{path}/".startswith(f"{out}/") or out.startswith(f"{path}/") for out in outs):
                    found.setdefault(path, {})[name] = digest
        return found


def read(revision: Revision) -> Record:
    """Read what the revision holds; stages that never ran are not in it.

    Raises:
        RevisionError: there is no dvc.yaml or no dvc.lock, or a file is not YAML.
    """
    if revision.read("dvc.yaml") is None:
        msg = f"{revision.label}: holds no dvc.yaml here, so it is no revision of a line"
        raise RevisionError(msg)
    if revision.read("dvc.lock") is None:
        msg = f"{revision.label}: holds no dvc.lock, so nothing is known of a run; commit dvc.lock after each run"
        raise RevisionError(msg)
    stages: dict[str, StageRecord] = {}
    metrics: list[str] = []
    for folder in FOLDERS:
        lock = revision.values(f"{folder}dvc.lock").get("stages", {})
        # The optional stages work in the project's folder: their paths need no change.
        stages |= {name: _stage(entry) for name, entry in lock.items()}
        metrics += _metrics(revision.values(f"{folder}dvc.yaml").get("stages", {}))
    return Record(stages, tuple(dict.fromkeys(metrics)))


def _stage(entry: dict[str, Any]) -> StageRecord:
    return StageRecord(str(entry.get("cmd")), dict(_hashes(entry, "deps")), dict(_hashes(entry, "outs")))


def _hashes(entry: dict[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    for item in entry.get(kind, []):
        yield item["path"], str(item.get("md5", ""))


def _metrics(stages: dict[str, Any]) -> Iterator[str]:
    for stage in stages.values():
        for entry in stage.get("do", stage).get("metrics", []):
            yield next(iter(entry)) if isinstance(entry, dict) else entry
