"""Which of the things that no stage makes have changed."""

from typing import Any

from pipelines.comparison import kinds
from pipelines.comparison.record import Record


def changed(old: Record, new: Record, *, kind: str) -> list[dict[str, Any]]:
    """List the sources of one kind whose hash is not the same; a source that is on one side only has one hash."""
    before, after = old.sources(), new.sources()
    found = []
    for path in sorted(before.keys() | after.keys()):
        readers = {**before.get(path, {}), **after.get(path, {})}
        digests = [next(iter(side.get(path, {}).values()), None) for side in (before, after)]
        if kinds.of_source(path, readers) == kind and digests[0] != digests[1]:
            found.append({"path": path, "old": digests[0], "new": digests[1]})
    return found
