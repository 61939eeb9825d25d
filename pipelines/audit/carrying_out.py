"""Carry an audit out: check a revision out, rerun its stages, compare everything with what was recorded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipelines import graph, store
from pipelines.audit import (
    access,
    checkout,
    consistency,
    observation,
    outputs,
    promotions,
    record,
    settings,
    sources,
    surroundings,
)
from pipelines.audit.checkout import Checkout
from pipelines.audit.record import Asked, Entry
from pipelines.audit.rerun import Rerun, rerun
from pipelines.audit.sources import Source
from pipelines.audit.values.difference import Rules
from pipelines.audit.verdict import StageResult, Verdict
from pipelines.errors import AuditError
from pipelines.store import Store

OnStage = Callable[[int, int, str, StageResult | None], None]


class Auditor:
    """Knows the revision, the recorded bytes, and what has come out so far."""

    def __init__(self, place: Checkout, asked: Sequence[str]) -> None:
        """Read what is recorded, choose the stages, and bring what they read."""
        self.place = place
        self.store: Store = store.of(place.project)
        self.rules: Rules = settings.load(place.folder)
        self.all = record.read(place.folder)
        plan = graph.read(place.folder)
        self.stages = [self.all[name] for name in plan.matching(asked) if name in self.all]
        self.makers: dict[str, Asked] = {out: stage for stage in self.all.values() for out in stage.outs}
        self.read_by_dvc = {place.folder / file for stage in self.all.values() for file in stage.param_files}
        self.results: dict[str, StageResult] = {}
        sources.bring(place, self.store, self.stages)
        promotions.rewind(place.folder, self.stages)
        self.sources: dict[str, Source] = sources.hashed(place.folder, self.stages)
        self.missing = self._bring_inputs()
        if not asked:
            # The rerun writes a record of its own, for stages that tell of the others.
            (place.folder / "dvc.lock").unlink(missing_ok=True)

    def audit(self, stage: Asked, say: Callable[[str], None]) -> StageResult:
        """Rerun one stage and compare."""
        result = StageResult(
            stage.name,
            consistency.findings(stage, sources=self.sources, makers=self.makers),
            recorded=stage.recorded is not None,
        )
        blocked = self.blocked(stage)
        if blocked or stage.recorded is None:
            return self._keep(replace(result, failure=blocked or "dvc.lock has no entry for it"))
        recorded = surroundings.recorded(stage, self.store)
        declared = self._declared(stage)
        marked = {} if observation.of_the_record(stage) else access.mark(self.place.folder, declared)
        ran = rerun(stage, self.place, variables=surroundings.variables(recorded), say=say)
        found = surroundings.found(stage, self.place.folder)
        seen = observation.judge(
            observation.read(ran.observed) if ran.observed else [],
            declared=declared,
            project=self.place.folder,
            variables=surroundings.declared(found),
            accessed=[path for path in access.read_since(marked) if path not in self.read_by_dvc],
        )
        result = replace(result, seconds=ran.seconds, undeclared=seen.undeclared, observed=seen.processes)
        if ran.entry is None:
            return self._keep(replace(result, failure=ran.reason, undeclared=[*seen.undeclared, *seen.absent]))
        changes = surroundings.compare(recorded, found) if recorded and found else []
        causes = self._causes(stage, ran.entry, result.findings)
        compared = self._outputs(stage, stage.recorded, ran, known=recorded is not None)
        return self._keep(replace(result, causes=causes, outputs=compared, environment=changes))

    def _keep(self, result: StageResult) -> StageResult:
        self.results[result.name] = result
        digests = {old: new for output in result.outputs for old, new in output.digests.items()}
        self.rules = replace(self.rules, digests={**self.rules.digests, **digests})
        return result

    def _declared(self, stage: Asked) -> observation.Declared:
        temporary = self.place.work / "tmp" / stage.name
        return observation.Declared(stage, self.place.folder, temporary=temporary, home=Path.home())

    def _bring_inputs(self) -> dict[str, str]:
        """Bring what stages that are not rerun have made; return what cannot be found, by its path."""
        chosen = {stage.name for stage in self.stages}
        missing: dict[str, str] = {}
        for stage in self.stages:
            for path in set(stage.deps) - set(stage.sources):
                md5 = stage.recorded.deps.get(path) if stage.recorded else None
                # What is in part made by stages that are chosen is written anew in part.
                if md5 and not self._makers_of(path) <= chosen and not self._bring(path, md5):
                    missing[path] = md5
        return missing

    def _bring(self, path: str, md5: str) -> bool:
        if self.store.bring(md5, where=path, into=self.place.folder):
            return True
        # A folder in which several stages write is nobody's output; its parts are.
        for out, maker in self.makers.items():
            made = maker.recorded.outs.get(out) if maker.recorded else None
            if made and Path(path) in Path(out).parents:
                self.store.bring(made, where=out, into=self.place.folder)
        files = store.files_of(self.place.folder / path)
        return store.md5_of_folder({name: store.md5_of_file(file) for name, file in files.items()}) == md5

    def _made_within(self, path: str) -> set[str]:
        outer = Path(path)
        return {s.name for out, s in self.makers.items() if outer in Path(out).parents or Path(out) in outer.parents}

    def blocked(self, stage: Asked) -> str:
        """Return why a stage cannot be rerun, or nothing."""
        gone = [f"{path} (MD5 {self.missing[path]})" for path in stage.deps if path in self.missing]
        if gone:
            return f"not run: neither in the project's DVC cache nor in its workspace: {', '.join(gone)}; try dvc pull"
        absent = [path for path in stage.sources if self.sources[path].found is None]
        if absent:
            return f"not run: not here: {', '.join(absent)}"
        failed = [name for name in self._upstream(stage) if name in self.results and self.results[name].failure]
        return f"not run: it waits for {', '.join(failed)}" if failed else ""

    def _upstream(self, stage: Asked) -> list[str]:
        direct = {self.makers[path].name for path in stage.deps if path in self.makers}
        return sorted(
            direct | {name for path in stage.deps if path not in self.makers for name in self._made_within(path)}
        )

    def _causes(self, stage: Asked, entry: Entry, findings: list[str]) -> list[str]:
        assert stage.recorded
        changed = [path for path, md5 in entry.deps.items() if stage.recorded.deps.get(path) != md5]
        made = [path for path in changed if path not in stage.sources]
        sources = [path for path in changed if path in stage.sources]
        by = [f"{path} (from {', '.join(sorted(self._makers_of(path)))})" for path in made]
        return [*sources, *by, *(["its params or command"] if findings and not changed else [])]

    def _makers_of(self, path: str) -> set[str]:
        return {self.makers[path].name} if path in self.makers else self._made_within(path)

    def _outputs(self, stage: Asked, recorded: Entry, ran: Rerun, *, known: bool) -> list[outputs.OutputResult]:
        assert ran.entry
        # The record of the environment is compared fact by fact, if its bytes are at hand.
        skipped = surroundings.path_of(stage) if known else None
        return [
            outputs.compare(
                path,
                recorded=recorded.outs.get(path),
                found=ran.entry.outs.get(path),
                folder=self.place.folder,
                store=self.store,
                rules=self.rules,
            )
            for path in stage.outs
            if path != skipped or recorded.outs.get(path) == ran.entry.outs.get(path)
        ]


def carry_out(
    project: Path,
    revision: str,
    asked: Sequence[str],
    *,
    on_stage: OnStage = lambda number, total, name, result: None,
    say: Callable[[str], None] = lambda line: None,
    examine: Callable[[Auditor, Verdict], None] = lambda auditor, verdict: None,
) -> Verdict:
    """Audit `revision`: the named stages, or without any all that are not optional.

    `on_stage` is told of each stage when it starts (with None) and when it has ended; `examine` may look at the clone
    before it is removed.

    Raises:
        AuditError: the revision has no stages, or its dvc.lock cannot be read.
        LineError: the revision's dvc.yaml or params.yaml has a mistake.
    """
    started = _now()
    commit = checkout.commit_of(project, revision)
    with checkout.checked_out(project, commit) as place:
        auditor = Auditor(place, asked)
        if not auditor.stages:
            msg = f"{revision}: dvc.yaml has no stages"
            raise AuditError(msg)
        if all(stage.recorded is None for stage in auditor.all.values()):
            msg = f"{revision}: no dvc.lock in this revision: nothing is recorded; run the line and commit dvc.lock"
            raise AuditError(msg)
        for number, stage in enumerate(auditor.stages, start=1):
            on_stage(number, len(auditor.stages), stage.name, None)
            on_stage(number, len(auditor.stages), stage.name, auditor.audit(stage, say))
        verdict = Verdict(
            revision=revision,
            commit=commit,
            asked=list(asked),
            started=started,
            finished=_now(),
            sources=[source for path, source in auditor.sources.items() if not path.endswith(".py")],
            stages=list(auditor.results.values()),
        )
        examine(auditor, verdict)
    return verdict


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
