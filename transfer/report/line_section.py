"""The line's graph with what is known about each stage's last run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from transfer.report import line_graph
from transfer.report.line_graph import Graph
from transfer.report.words import duration

State = Literal["ran", "reused", "unknown", "now"]
WORDS: dict[State, str] = {"ran": "ran", "reused": "reused", "unknown": "time unknown", "now": "this page"}


@dataclass(frozen=True)
class Step:
    """A stage; `started` and `seconds` are of its last run here, None where none is known."""

    name: str
    state: State
    started: datetime | None = None
    seconds: float | None = None

    @property
    def words(self) -> str:
        """What the graph says below the name."""
        return WORDS[self.state] if self.seconds is None else f"{WORDS[self.state]}, {duration(self.seconds)}"


@dataclass(frozen=True)
class Line:
    """The graph, what each stage waits for, and what is known of its last run."""

    graph: Graph
    upstream: Mapping[str, Sequence[str]]
    steps: dict[str, Step]

    @property
    def ran(self) -> list[Step]:
        """Those that ran since the page before this one."""
        return [step for step in self.steps.values() if step.state == "ran"]

    @property
    def took(self) -> str:
        """The time of those that ran."""
        return duration(sum(step.seconds or 0.0 for step in self.ran))


def build(upstream: Mapping[str, Sequence[str]], times: Mapping[str, tuple[datetime, float]], *, own: str) -> Line:
    """Lay out the line; `times` maps stages to start and seconds, `own` is the stage that writes this page.

    A stage ran if it ended after the page before this one was begun, and was reused if before that: the rule holds
    whatever started the stages, and when several runs were needed to get to this page.
    """
    before = times[own][0] if own in times else None
    graph = line_graph.lay_out(upstream)
    steps = {node.name: _step(node.name, times, before, own) for node in graph.nodes}
    return Line(graph, line_graph.reduced(upstream), steps)


def _step(name: str, times: Mapping[str, tuple[datetime, float]], before: datetime | None, own: str) -> Step:
    if name == own:
        return Step(name, "now")
    if name not in times:
        return Step(name, "unknown")
    started, seconds = times[name]
    # Compared by its end: stages that no other waits for may run while a page is made.
    is_older = before is not None and started.timestamp() + seconds < before.timestamp()
    return Step(name, "reused" if is_older else "ran", started, seconds)
