"""The flow: one Prefect task per stage; DVC alone decides what is stale."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from rich.console import Console

from pipelines import artifacts, graph, outputs, settings, summary, verdict
from pipelines.children import Children, StoppedError
from pipelines.environment import for_stages
from pipelines.errors import BusyError, LineError
from pipelines.reproduce import Bench, reproduce
from pipelines.walk import Result, walk

CACHED = "Cached"


@dataclass(frozen=True)
class Outcome:
    """What `transferline run` needs to know at the end."""

    results: list[Result]
    stale: dict[str, Any]

    @property
    def good(self) -> bool:
        """Whether everything asked for is up to date."""
        return not self.stale and all(result.good for result in self.results)


# Two caches would disagree: DVC's is the one.
@task(task_run_name="{stage.name}", cache_policy=NO_CACHE, persist_result=False)
def stage_task(stage: graph.Stage, bench: Bench, say: Callable[[str, str], None], fresh: bool) -> State[None]:
    """Bring one stage up to date; a `fresh` one is."""
    logger = get_run_logger()

    def hear(line: str) -> None:
        say(stage.name, line)
        logger.info("%s", line)

    try:
        outcome = "cached" if fresh else reproduce(stage.address, hear, bench=bench)
    except (LineError, StoppedError) as error:
        return Failed(message=str(error) or "stopped")
    if outcome == "cached":
        hear("unchanged")
        return Completed(name=CACHED, message="unchanged")
    return Completed()


@flow(name="transferline", persist_result=False)
def line(asked: list[str], project: str, force: bool = False) -> State[Outcome]:
    """Bring the stages `asked` (all but the optional ones, if none is named) and everything they need up to date."""
    folder = Path(project)
    plan = graph.read(folder)
    stages = plan.with_ancestors(plan.matching(asked))
    screen = summary.console()
    bench = Bench(folder, settings.load(folder), Children(for_stages()), force)
    fresh = frozenset[str]() if force else _fresh(folder, plan, stages)
    results = _run(plan, stages, screen, bench=bench, fresh=fresh)
    outcome = Outcome(results, verdict.stale(folder, plan, stages))
    _conclude(folder, plan, outcome, screen)
    return _state(outcome)


def _fresh(folder: Path, plan: graph.Graph, stages: list[str]) -> frozenset[str]:
    """Ask once about all stages, which costs less than a DVC process for each of hundreds of finished cells."""
    try:
        return verdict.fresh(plan, stages, verdict.stale(folder, plan, stages))
    except BusyError:
        # Each stage asks for itself then, and waits for the other DVC process.
        return frozenset()


def _run(plan: graph.Graph, stages: list[str], screen: Console, *, bench: Bench, fresh: Container[str]) -> list[Result]:
    parallel = bench.settings.max_parallel
    futures: dict[str, PrefectFuture[Any]] = {}

    def say(stage: str, text: str) -> None:
        summary.say(screen, stage, text, stages=stages)

    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=parallel)
    with runner:

        def start(stage: str, queue: Queue[Result]) -> None:
            before = [futures[up] for up in sorted(plan.stages[stage].upstream) if up in futures]
            work = {"stage": plan.stages[stage], "bench": bench, "say": say, "fresh": stage in fresh}
            futures[stage] = runner.submit(stage_task, work, wait_for=before)
            futures[stage].add_done_callback(lambda future: queue.put(_result(stage, future)))

        try:
            return walk(plan, stages, start=start, max_parallel=parallel)
        finally:
            # Nothing runs here unless the flow is being stopped.
            bench.children.stop()


def _result(stage: str, future: PrefectFuture[Any]) -> Result:
    try:
        # The final state is known to a future only once it has been waited for.
        future.wait()
        state = future.state
    except Exception as error:  # noqa: BLE001 (a callback that raises would leave the walk waiting for ever)
        return Result(stage, "failed", message=f"{type(error).__name__}: {error}")
    if state.is_completed():
        return Result(stage, "cached" if state.name == CACHED else "ran")
    return Result(stage, "failed", message=state.message or state.name or "")


def _conclude(folder: Path, plan: graph.Graph, outcome: Outcome, screen: Console) -> None:
    done = [result.stage for result in outcome.results if result.good]
    made = {out for stage in done for out in plan.stages[stage].outs}
    # What other stages left behind earlier may have been measured on other models.
    measured = {file: values for file, values in verdict.metrics(folder).items() if Path(file) in made}
    found = outputs.find(folder, plan, done)
    artifacts.publish(folder, outcome.results, measured, outputs=found)
    summary.conclude(screen, outcome.results, measured, outputs=found)


def _state(outcome: Outcome) -> State[Outcome]:
    failed = [result.stage for result in outcome.results if not result.good]
    if failed:
        return Failed(message=f"not up to date: {', '.join(failed)}")
    if outcome.stale:
        return Failed(message=f"DVC still finds stale: {', '.join(outcome.stale)}")
    return Completed(message="everything asked for is up to date")
