"""Compare an output of a rerun with what was recorded: by bytes, and by value where they differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipelines.audit.values import files, texts
from pipelines.audit.values.difference import Difference, Rules, largest
from pipelines.store import FOLDER, Store, digest_of, files_of, md5_of_file

Outcome = Literal["identical", "measured times", "within tolerance", "different"]
# The order of gravity.
OUTCOMES: tuple[Outcome, ...] = ("identical", "measured times", "within tolerance", "different")


@dataclass(frozen=True)
class FileResult:
    """One file that is not what was recorded (its MD5), with the largest difference in it, if there is one."""

    path: str
    outcome: Outcome
    difference: Difference | None = None
    recorded: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.difference}" if self.difference else f"{self.path}: {self.outcome}"


@dataclass(frozen=True)
class OutputResult:
    """One output of a stage. `digests` leads from recorded digests to those of files that are equal enough."""

    path: str
    recorded: str | None
    found: str | None
    outcome: Outcome
    files: list[FileResult] = field(default_factory=list)
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def worst(self) -> FileResult | None:
        """The file that differs most."""
        return max(self.files, key=_gravity, default=None)


def compare(
    path: str, *, recorded: str | None, found: str | None, folder: Path, store: Store, rules: Rules
) -> OutputResult:
    """Compare the output at `path` below `folder`, whose hash is `found`."""
    if recorded == found and found is not None:
        return OutputResult(path, recorded, found, "identical")
    if recorded is None or found is None:
        missing = Difference("output", "none" if recorded is None else "there", "none" if found is None else "there")
        return OutputResult(path, recorded, found, "different", [FileResult(path, "different", missing)])
    results, digests = [], {recorded: found}
    for name, old, new in _pairs(path, recorded, found, folder=folder, store=store):
        result = _compare_file(name, old, new, folder=folder, store=store, rules=rules)
        results.append(result)
        if old and new and result.outcome != "different":
            digests.update(_digests(old, new, name, folder=folder, store=store))
    outcome: Outcome = max((result.outcome for result in results), key=OUTCOMES.index, default="different")
    return OutputResult(path, recorded, found, outcome, results, digests if outcome != "different" else {})


def _pairs(
    path: str, recorded: str, found: str, *, folder: Path, store: Store
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each file that differs: its path, and its MD5 then and now."""
    if not recorded.endswith(FOLDER) and not found.endswith(FOLDER):
        yield path, recorded, found
        return
    now = {name: md5_of_file(file) for name, file in files_of(folder / path).items()}
    then = store.folder(recorded, where=path) if recorded.endswith(FOLDER) else {"": recorded}
    if then is None:
        # Not even the names of the files are known.
        yield path, recorded, None
        return
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield f"{path}/{name}" if name else path, then.get(name), now.get(name)


def _compare_file(
    name: str, old: str | None, new: str | None, *, folder: Path, store: Store, rules: Rules
) -> FileResult:
    if new is None and old is not None and old.endswith(FOLDER):
        return _different(name, f"MD5 {old}, of which no list of files was found", "other files")
    if old is None or new is None:
        return _different(name, "no such file" if old is None else "there", "no such file" if new is None else "there")
    before, after = store.file(old, where=name), folder / name
    if before is None:
        return _different(name, f"MD5 {old}, whose bytes were not found", f"MD5 {new}")
    if texts.differ_in_measured_times_alone(before, after):
        return FileResult(name, "measured times", recorded=old)
    worst = largest(files.compare(before, after, rules, name=name))
    return FileResult(name, "within tolerance" if worst is None or worst.tolerated else "different", worst, old)


def _different(name: str, recorded: str, found: str) -> FileResult:
    return FileResult(name, "different", Difference("file", recorded, found))


def _digests(old: str, new: str, name: str, *, folder: Path, store: Store) -> dict[str, str]:
    before = store.file(old, where=name)
    if before is None:
        return {}
    return {old: new, digest_of(before, "sha256"): digest_of(folder / name, "sha256")}


def _gravity(result: FileResult) -> tuple[int, float]:
    return OUTCOMES.index(result.outcome), result.difference.excess if result.difference else 0.0
