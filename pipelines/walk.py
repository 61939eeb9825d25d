"""Decide which stage starts when: as soon as all it waits for is up to date, and a place is free."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Queue
from typing import Literal

from pipelines.graph import Graph

Outcome = Literal["ran", "cached", "failed", "not started"]


@dataclass(frozen=True)
class Result:
    """How a stage ended."""

    stage: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether the stage is up to date now."""
        return self.outcome in {"ran", "cached"}


def walk(
    graph: Graph, stages: Sequence[str], *, start: Callable[[str, "Queue[Result]"], None], max_parallel: int
) -> list[Result]:
    """Call `start` for each stage when its turn comes, until all have ended; return the results in graph order.

    `start` returns at once and puts the stage's result into the queue when the stage has ended. What waits for a failed
    stage is not started; the other branches go on. The longest chain of waiting stages goes first.
    """
    queue: Queue[Result] = Queue()
    results: dict[str, Result] = {}
    started: dict[str, float] = {}
    while True:
        _give_up(graph, stages, results)
        places = max_parallel - sum(stage not in results for stage in started)
        for stage in _ready(graph, stages, started, results)[:places]:
            started[stage] = time.monotonic()
            start(stage, queue)
        if all(stage in results for stage in stages):
            return [results[stage] for stage in stages]
        ended = queue.get()
        results[ended.stage] = Result(
            ended.stage, ended.outcome, time.monotonic() - started[ended.stage], ended.message
        )


def _ready(graph: Graph, stages: Sequence[str], started: dict[str, float], results: dict[str, Result]) -> list[str]:
    waiting = [stage for stage in stages if stage not in started and stage not in results]
    ready = [
        stage for stage in waiting if all(up in results and results[up].good for up in graph.stages[stage].upstream)
    ]
    return sorted(ready, key=lambda stage: -graph.stages_behind[stage])


def _give_up(graph: Graph, stages: Sequence[str], results: dict[str, Result]) -> None:
    # In graph order, so that one pass reaches everything behind a failed stage.
    for stage in stages:
        blocked = [up for up in sorted(graph.stages[stage].upstream) if up in results and not results[up].good]
        if blocked and stage not in results:
            results[stage] = Result(stage, "not started", message=f"waits for {', '.join(blocked)}")
