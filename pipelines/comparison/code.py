"""Which code changed, and which stages it is the code of."""

from typing import Any

from pipelines.comparison import kinds
from pipelines.comparison.record import Record, StageRecord

NOTHING = StageRecord("", {}, {})


def compare(old: Record, new: Record) -> dict[str, Any]:
    """Compare the code that stages ran with, by the hashes that dvc.lock has of it."""
    names = list(dict.fromkeys([*old.stages, *new.stages]))
    stages: dict[str, Any] = {}
    files: dict[str, dict[str, Any]] = {}
    for name in names:
        before, after = old.stages.get(name), new.stages.get(name)
        changed = _files(before or NOTHING, after or NOTHING)
        change = "added" if before is None else "removed" if after is None else "changed"
        command = bool(before and after and before.command != after.command)
        if changed or command or change != "changed":
            stages[name] = {"change": change, "command": command, "files": sorted(changed)}
        for path, how in changed.items():
            files.setdefault(path, {"change": how, "stages": []})["stages"].append(name)
    return {"stages": stages, "files": dict(sorted(files.items()))}


def _files(before: StageRecord, after: StageRecord) -> dict[str, str]:
    found = {}
    for path in before.deps.keys() | after.deps.keys():
        digests = before.deps.get(path), after.deps.get(path)
        if kinds.is_code(path) and digests[0] != digests[1]:
            found[path] = "added" if digests[0] is None else "removed" if digests[1] is None else "changed"
    return found
