"""Read the graph of stages from DVC itself, so that templates, foreach and matrix mean here what they mean there."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo

from pipelines.errors import GraphError


@dataclass(frozen=True)
class Stage:
    """One stage: what it waits for and what it writes; paths relative to the project."""

    name: str
    upstream: frozenset[str]
    outs: tuple[Path, ...]
    plots: tuple[Path, ...]


@dataclass(frozen=True)
class Graph:
    """All stages of a project by name."""

    stages: dict[str, Stage]

    @cached_property
    def order(self) -> list[str]:
        """Every stage after those it waits for."""
        upstream = {name: sorted(stage.upstream) for name, stage in self.stages.items()}
        return list(TopologicalSorter(upstream).static_order())

    def matching(self, asked: Sequence[str]) -> list[str]:
        """Return the stages that `asked` names (all, if it names none); "train" stands for "train@a" and "train@b" too.

        Raises:
            GraphError: there is no such stage.
        """
        found = {name: [s for s in self.order if s == name or s.startswith(f"{name}@")] for name in asked}
        for name, stages in found.items():
            if not stages:
                close = difflib.get_close_matches(name, self.stages, n=1)
                known = f"did you mean {close[0]}?" if close else f"it has: {', '.join(self.order)}"
                msg = f"dvc.yaml has no stage {name!r}; {known}"
                raise GraphError(msg)
        return [s for s in self.order if not asked or any(s in stages for stages in found.values())]

    def with_ancestors(self, names: Iterable[str]) -> list[str]:
        """Return `names` and everything they need, in an order in which they can run."""
        needed = set(names)
        for name in reversed(self.order):
            if name in needed:
                needed |= self.stages[name].upstream
        return [name for name in self.order if name in needed]

    @cached_property
    def stages_behind(self) -> dict[str, int]:
        """The length of the longest chain of stages that waits for each stage."""
        behind = dict.fromkeys(self.order, 0)
        for name in reversed(self.order):
            for upstream in self.stages[name].upstream:
                behind[upstream] = max(behind[upstream], behind[name] + 1)
        return behind


def read(project: Path) -> Graph:
    """Read all stages of the project.

    Raises:
        GraphError: DVC cannot read dvc.yaml, or its graph has a cycle or two stages with one output.
    """
    try:
        with Repo(str(project)) as repo:
            graph = repo.index.graph
            return Graph({_name(node, project): _stage(node, graph, project) for node in graph})
    except DvcException as error:
        msg = f"dvc.yaml: {error}"
        raise GraphError(msg) from error


def _stage(node: Any, graph: Any, project: Path) -> Stage:
    return Stage(
        name=_name(node, project),
        upstream=frozenset(_name(dependency, project) for dependency in graph.successors(node)),
        outs=tuple(_relative(out, project) for out in node.outs),
        plots=tuple(_relative(out, project) for out in node.outs if out.plot),
    )


def _name(node: Any, project: Path) -> str:
    # DVC's own addressing depends on the folder that this process is in.
    file = Path(node.path).resolve().relative_to(project.resolve()).as_posix()
    name = getattr(node, "name", None)
    return name if name and file == "dvc.yaml" else f"{file}:{name}" if name else file


def _relative(out: Any, project: Path) -> Path:
    path = Path(out.fs_path)
    return path.relative_to(project) if path.is_relative_to(project) else path
