"""What changed around the line: Python, packages, processor, threads, as each stage wrote them down."""

import json
from pathlib import PurePosixPath
from typing import Any

from pipelines.comparison import values
from pipelines.comparison.storage import Side

FOLDER = "reports/environment/"


def compare(old: Side, new: Side) -> dict[str, Any] | None:
    """List what differs, each with the stages that saw it; None where a side has no such records.

    Stages that are in one record only are left out: they ran with something, but there is nothing to compare it with.
    """
    before, after = records(old), records(new)
    if not before or not after:
        return None
    changes: dict[str, dict[str, Any]] = {}
    for stage in sorted(before.keys() & after.keys()):
        for change in values.compare(before[stage], after[stage]):
            same = changes.setdefault(json.dumps(change, sort_keys=True), {**change, "stages": []})
            same["stages"].append(stage)
    return {"stages": len(before.keys() & after.keys()), "changes": list(changes.values())}


def records(side: Side) -> dict[str, Any]:
    """Return what each stage wrote down of its surroundings."""
    paths = [path for path in side.record.outs if path.startswith(FOLDER)]
    read = {PurePosixPath(path).stem: side.read(path) for path in paths}
    return {stage: json.loads(data) for stage, data in read.items() if data is not None}
