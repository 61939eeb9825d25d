"""Find, before anything runs, what stages read and nobody makes."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines.errors import GraphError
from pipelines.graph import Graph


def check(project: Path, graph: Graph, stages: Iterable[str]) -> None:
    """Check that everything that `stages` read is there, or that a stage makes it.

    Raises:
        GraphError: it is neither; the message lists all such files and folders.
    """
    outs = {out for stage in graph.stages.values() for out in stage.outs}
    # A stage may read a folder in which others write, or a file in a folder that another one writes.
    around = {parent for out in outs for parent in out.parents}
    missing: dict[Path, list[str]] = {}
    for stage in stages:
        for path in graph.stages[stage].deps:
            if path not in around and outs.isdisjoint((path, *path.parents)) and not (project / path).exists():
                missing.setdefault(path, []).append(stage)
    if missing:
        raise GraphError("\n".join(_sentence(path, readers, outs) for path, readers in missing.items()))


def _sentence(path: Path, readers: Sequence[str], outs: Iterable[Path]) -> str:
    beside = {out.name: out for out in outs if out.parent == path.parent}
    close = difflib.get_close_matches(path.name, beside, n=1)
    known = f"did you mean {beside[close[0]]}?" if close else "put it there, or correct its name in params.yaml."
    more = f" and {len(readers) - 1} more" if len(readers) > 1 else ""
    return f"{path}: not found, and no stage makes it; {known} Needed by {readers[0]}{more}"
