"""Rerun one stage several times from the recorded inputs, and find where the runs part."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.audit import checkout, outputs, surroundings, traces
from pipelines.audit.carrying_out import Auditor
from pipelines.audit.outputs import FileResult
from pipelines.audit.record import Asked, Entry
from pipelines.audit.rerun import rerun
from pipelines.audit.values.difference import Rules
from pipelines.errors import AuditError
from pipelines.store import Store


@dataclass(frozen=True)
class Run:
    """One run: its entry in dvc.lock, its clone, its trace and the numbers in its metrics."""

    entry: Entry
    folder: Path
    trace: list[dict[str, Any]]
    metrics: dict[str, float]


@dataclass(frozen=True)
class Determinism:
    """What several runs have in common. `partings` and `files` speak of the first run and another one."""

    stage: str
    runs: int
    steps: int
    partings: dict[int, str]
    files: dict[int, list[FileResult]]
    spreads: dict[str, tuple[float, float]]

    @property
    def equal(self) -> bool:
        """Whether all runs wrote the same bytes and, if traced, computed the same in every step."""
        return not self.partings and not self.files

    def sentences(self) -> list[str]:
        """Say it for people."""
        traced = f", {self.steps} training steps traced" if self.steps else ""
        if self.equal:
            return [f"{self.stage}: {self.runs} runs, equal in every bit{traced}"]
        return [
            f"{self.stage}: {self.runs} runs, not equal{traced}",
            *(f"runs 1 and {run} part at {parting}" for run, parting in self.partings.items()),
            *(f"runs 1 and {run}: {file}" for run, files in self.files.items() for file in files),
            *(
                f"{name}: {low:.9g} to {high:.9g}, spread {high - low:.3g}"
                for name, (low, high) in self.spreads.items()
            ),
        ]


def compare_runs(
    project: Path,
    revision: str,
    stage: str,
    runs: int,
    *,
    say: Callable[[str], None] = lambda line: None,
    on_run: Callable[[str], None] = lambda line: None,
) -> Determinism:
    """Rerun `stage` of a revision `runs` times, each in a clone of its own.

    Raises:
        AuditError: there is no one such stage, it is not recorded, its inputs are not at hand, or a run failed.
    """
    commit = checkout.commit_of(project, revision)
    with ExitStack() as clones:
        made: list[Run] = []
        for number in range(1, runs + 1):
            on_run(f"[{number}/{runs}] {stage} ...")
            place = clones.enter_context(checkout.checked_out(project, commit))
            auditor = Auditor(place, [stage])
            asked = _one(auditor, stage)
            made.append(_run(auditor, asked, say))
        return _compared(asked, made, auditor.rules)


def _one(auditor: Auditor, name: str) -> Asked:
    if len(auditor.stages) != 1:
        msg = f"{name} stands for {len(auditor.stages)} stages; name one: {', '.join(s.name for s in auditor.stages)}"
        raise AuditError(msg)
    stage = auditor.stages[0]
    blocked = auditor.blocked(stage)
    if stage.recorded is None or blocked:
        msg = blocked or f"{name}: dvc.lock has no entry for it, so its inputs are not recorded"
        raise AuditError(msg)
    return stage


def _run(auditor: Auditor, stage: Asked, say: Callable[[str], None]) -> Run:
    recorded = surroundings.variables(surroundings.recorded(stage, auditor.store))
    ran = rerun(stage, auditor.place, variables={**recorded, traces.VARIABLE: traces.FILE}, say=say)
    if ran.entry is None:
        msg = f"{stage.name} failed: {ran.reason}"
        raise AuditError(msg)
    folder = auditor.place.folder
    metrics = {
        f"{path}: {key}": value
        for path in stage.metrics
        if path.endswith(".json")
        for key, value in _numbers(json.loads((folder / path).read_text(encoding="utf-8")), "")
    }
    return Run(ran.entry, folder, traces.read(folder), metrics)


def _compared(stage: Asked, runs: Sequence[Run], rules: Rules) -> Determinism:
    first = runs[0]
    # The first run is the record that the others are compared with.
    store = Store(first.folder / ".none", first.folder)
    partings, files = {}, {}
    for number, run in enumerate(runs[1:], start=2):
        parting = traces.parting(first.trace, run.trace)
        if parting:
            partings[number] = parting
        found = [file for path in stage.outs for file in _differing(path, first, run, store=store, rules=rules)]
        if found:
            files[number] = found
    values = {name: [run.metrics.get(name, float("nan")) for run in runs] for name in first.metrics}
    spreads = {name: (min(v), max(v)) for name, v in values.items() if min(v) != max(v)}
    return Determinism(stage.name, len(runs), len(first.trace), partings, files, spreads)


def _differing(path: str, first: Run, run: Run, *, store: Store, rules: Rules) -> list[FileResult]:
    then, now = first.entry.outs.get(path), run.entry.outs.get(path)
    compared = outputs.compare(path, recorded=then, found=now, folder=run.folder, store=store, rules=rules)
    return [file for file in compared.files if file.outcome != "measured times"]


def _numbers(value: Any, where: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, f"{where}[{index}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield where, float(value)
