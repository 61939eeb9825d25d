import threading
import time
from pathlib import Path
from queue import Queue

import pytest

from pipelines.graph import Graph, Stage
from pipelines.walk import Outcome, Result, walk


def graph_of(**upstream: str) -> Graph:
    """Make a graph from names of stages and, separated by spaces, what each waits for."""
    return Graph({n: Stage(n, frozenset(up.split()), (Path(f"{n}.txt"),), ()) for n, up in upstream.items()})


class Recorder:
    """Ends stages from other threads after a moment, as failed if told so."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.started: list[str] = []
        self.running = 0
        self.most_running = 0
        self.lock = threading.Lock()

    def start(self, stage: str, queue: "Queue[Result]") -> None:
        with self.lock:
            self.started.append(stage)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        threading.Thread(target=self.end, args=(stage, queue)).start()

    def end(self, stage: str, queue: "Queue[Result]") -> None:
        time.sleep(0.02)
        with self.lock:
            self.running -= 1
        outcome: Outcome = "failed" if stage in self.failing else "ran"
        queue.put(Result(stage, outcome, message="broken" if stage in self.failing else ""))


DIAMOND = graph_of(top="", left="top", right="top", bottom="left right", alone="")


@pytest.mark.parametrize("places", [1, 2, 5])
def test_every_stage_starts_once_and_after_all_it_waits_for(places: int) -> None:
    recorder = Recorder()

    results = walk(DIAMOND, DIAMOND.order, start=recorder.start, max_parallel=places)

    position = recorder.started.index
    assert sorted(DIAMOND.stages) == sorted(recorder.started)
    assert all(position(up) < position(s.name) for s in DIAMOND.stages.values() for up in s.upstream)
    assert ["ran"] * 5 == [result.outcome for result in results]
    assert all(result.seconds >= 0.02 for result in results)
    assert recorder.most_running <= places


def test_independent_stages_run_at_the_same_time() -> None:
    recorder = Recorder()

    walk(DIAMOND, DIAMOND.order, start=recorder.start, max_parallel=2)

    assert recorder.most_running == 2


def test_what_waits_for_a_failed_stage_is_not_started_and_other_branches_finish() -> None:
    graph = graph_of(a="", b="a", c="b", d="", e="d", f="c e")
    recorder = Recorder("a")

    results = walk(graph, graph.order, start=recorder.start, max_parallel=2)

    outcomes = {result.stage: (result.outcome, result.message) for result in results}
    assert {"a", "d", "e"} == set(recorder.started)
    assert ("failed", "broken") == outcomes["a"]
    assert ("not started", "waits for a") == outcomes["b"]
    assert ("not started", "waits for b") == outcomes["c"]
    assert ("not started", "waits for c") == outcomes["f"]
    assert ("ran", "") == outcomes["e"]


def test_the_longest_chain_goes_first() -> None:
    graph = graph_of(short="", long="", longer="long", longest="longer")
    recorder = Recorder()

    walk(graph, graph.order, start=recorder.start, max_parallel=1)

    assert recorder.started[0] == "long"
    assert {"short": 0, "long": 2, "longer": 1, "longest": 0} == graph.stages_behind


def test_nothing_to_do_is_no_result() -> None:
    assert [] == walk(DIAMOND, [], start=Recorder().start, max_parallel=1)
