"""Read the graph of stages from DVC itself, so that templates, foreach and matrix mean here what they mean there."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException, OutputDuplicationError
from dvc.repo import Repo

from pipelines.errors import GraphError

MAIN = "dvc.yaml"


@dataclass(frozen=True)
class Stage:
    """One stage: what it waits for and reads, what it writes, and its file; paths relative to the project."""

    name: str
    upstream: frozenset[str]
    outs: tuple[Path, ...]
    plots: tuple[Path, ...]
    file: str = MAIN
    deps: tuple[Path, ...] = ()

    @property
    def address(self) -> str:
        """What `dvc repro` calls this stage in the project's folder."""
        return f"{self.file}:{self.name}" if self.optional else self.name

    @property
    def optional(self) -> bool:
        """Whether it runs only when it is asked for: it stands in another dvc.yaml than the main one."""
        # A file of `dvc add` is its own stage.
        return self.file not in {MAIN, self.name}


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
        """Return the stages that `asked` names; "train" stands for "train@a" and "train@b" too.

        If it names none, return all but the optional ones.

        Raises:
            GraphError: there is no such stage.
        """
        found = {name: [s for s in self.order if s == name or s.startswith(f"{name}@")] for name in asked}
        for name, stages in found.items():
            if not stages:
                close = difflib.get_close_matches(name, self.stages, n=1)
                names = dict.fromkeys(stage.partition("@")[0] for stage in self.order)
                known = f"did you mean {close[0]}?" if close else f"it has: {', '.join(names)}"
                msg = f"dvc.yaml has no stage {name!r}; {known}"
                raise GraphError(msg)
        if not asked:
            return [s for s in self.order if not self.stages[s].optional]
        return [s for s in self.order if any(s in stages for stages in found.values())]

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
    """Read all stages of the project, from all its dvc.yaml files.

    Raises:
        GraphError: DVC cannot read a dvc.yaml, its graph has a cycle or two stages with one output, or two files have a
            stage of one name.
    """
    try:
        with Repo(str(project)) as repo:
            graph = repo.index.graph
            stages = [_stage(node, graph, project) for node in graph]
    except OutputDuplicationError as error:
        names = " and ".join(sorted(_name(node, project) for node in error.stages))
        msg = f"{error.output} would be written by {names}; give one of them another name"
        raise GraphError(msg) from error
    except DvcException as error:
        msg = f"dvc.yaml: {error}"
        raise GraphError(msg) from error
    _check_unique(stages)
    return Graph({stage.name: stage for stage in stages})


def _check_unique(stages: Iterable[Stage]) -> None:
    files: dict[str, str] = {}
    for stage in sorted(stages, key=lambda stage: stage.file):
        if stage.name in files:
            msg = f"stage {stage.name!r} is in {files[stage.name]} and in {stage.file}; give one of them another name"
            raise GraphError(msg)
        files[stage.name] = stage.file


def _stage(node: Any, graph: Any, project: Path) -> Stage:
    return Stage(
        name=_name(node, project),
        upstream=frozenset(_name(dependency, project) for dependency in graph.successors(node)),
        outs=tuple(_relative(out, project) for out in node.outs),
        plots=tuple(_relative(out, project) for out in node.outs if out.plot),
        file=_file(node, project),
        deps=tuple(_relative(dep, project) for dep in node.deps if not node.frozen and dep.protocol == "local"),
    )


def _name(node: Any, project: Path) -> str:
    return getattr(node, "name", None) or _file(node, project)


def _file(node: Any, project: Path) -> str:
    # DVC's own addressing depends on the folder that this process is in.
    return Path(node.path).resolve().relative_to(project.resolve()).as_posix()


def _relative(out: Any, project: Path) -> Path:
    path = Path(out.fs_path)
    return path.relative_to(project) if path.is_relative_to(project) else path
