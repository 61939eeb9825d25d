"""Promote a bundle or roll the champion back: judged, written into the log, committed, tagged."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ReleaseError
from pipelines.release import evidence, judging, keeping, log, registry, repository, settings
from pipelines.release.evidence import Bundle
from pipelines.release.gates import Gate
from pipelines.release.log import PROMOTED, REFUSED, ROLLED_BACK, Entry
from pipelines.release.repository import Person
from pipelines.release.settings import Promote


@dataclass(frozen=True)
class Decision:
    """What was decided: the log's entry, and the commit that holds it."""

    entry: Entry
    commit: str


def promote(project: Path, path: Path, *, given: Path | None = None, new_split: str | None = None) -> Decision | None:
    """Judge a bundle against the champion of its name and write the decision down; None if it is the champion already.

    `given` is where the champion's bundle is, if not in DVC's cache; `new_split` why metrics cannot be compared.

    Raises:
        ReleaseError: the bundle or the log is not whole, or nothing can be committed; nothing is decided then.
        ParamsError: the gates in params.yaml cannot be read.
    """
    gates = settings.load(project)
    with repository.alone(project):
        person, text, entries = _begin(project, gates.stage)
        with evidence.opened(path) as candidate:
            standing = log.champions(entries, candidate.name)
            _check_version(entries, candidate)
            if standing and standing[-1]["bundle"]["sha256sums"] == candidate.digest:
                return None
            with _champion(project, standing, given) as champion:
                judged = judging.judge(candidate, champion, gates, new_split=new_split is not None)
            entry = _judged(project, candidate, standing, judged, gates=gates, person=person)
            if new_split is not None:
                entry["new_split"] = new_split
            return _write(project, entry, text, stage=gates.stage, person=person)


def rollback(project: Path, *, reason: str, name: str | None = None) -> Decision:
    """Give the champion's place back to the bundle that had it before, and write the reason down.

    Raises:
        ReleaseError: nothing was promoted before, or nothing can be committed.
        ParamsError: the gates in params.yaml cannot be read.
    """
    if not reason.strip():
        msg = "--reason: empty; whoever reads the log later wants to know why"
        raise ReleaseError(msg)
    stage = settings.load(project).stage
    with repository.alone(project):
        person, text, entries = _begin(project, stage)
        standing = log.champions(entries, _only_name(entries, name))
        if len(standing) < 2:
            first = standing[-1]["bundle"]
            msg = f"{first['name']} {first['version']} is the first champion; there is none before it to go back to"
            raise ReleaseError(msg)
        entry = {
            **_basics(project, ROLLED_BACK, standing[-2]["bundle"], person),
            "champion": standing[-1]["bundle"],
            "reasons": [reason.strip()],
        }
        return _write(project, entry, text, stage=stage, person=person)


def _begin(project: Path, stage: str) -> tuple[Person, str, list[Entry]]:
    person = repository.ready(project)
    text = repository.text(project)
    entries = log.read(text)
    known = log.digests(text)
    for tag, line in registry.anchors(project).items():
        if line not in known:
            msg = (
                f"tag {tag} was made for a decision that {log.LOG} of this branch does not hold; "
                "switch to the branch that has it, or merge that branch"
            )
            raise ReleaseError(msg)
    # A decision that was written down but not tagged, as the machine was switched off in between.
    _settle(project, text, stage=stage, person=person)
    return person, text, entries


def _settle(project: Path, text: str, *, stage: str, person: Person) -> None:
    """Make the tags say what the log says."""
    entries, lines = log.read(text), log.digests(text)
    for name in log.names(entries):
        place = max(
            n for n, e in enumerate(entries) if e["bundle"]["name"] == name and e["decision"] in {PROMOTED, ROLLED_BACK}
        )
        version = entries[place]["bundle"]["version"]
        if not registry.registered(project, name, version):
            commit = repository.commit_of(project, place + 1)
            registry.register(project, name, version, commit=commit, line=lines[place], person=person)
        held = registry.holders(project, name, stage)
        if version not in held:
            registry.assign(project, name, version, stage=stage, line=lines[place], person=person)
        for other in held:
            if other != version:
                registry.unassign(project, name, other, stage=stage, line=lines[place], person=person)


def _champion(project: Path, standing: Sequence[Entry], given: Path | None) -> AbstractContextManager[Bundle | None]:
    return keeping.champion(project, standing[-1], given) if standing else nullcontext()


def _check_version(entries: Sequence[Entry], candidate: Bundle) -> None:
    for entry in entries:
        bundle = entry["bundle"]
        same = (bundle["name"], bundle["version"]) == (candidate.name, candidate.version)
        if entry["decision"] == PROMOTED and same and bundle["sha256sums"] != candidate.digest:
            msg = (
                f"{candidate.name} {candidate.version} was promoted on {entry['time'][:10]} with other content; "
                "give this one a new version (package_handoff.version) and pack it again"
            )
            raise ReleaseError(msg)


def _judged(
    project: Path,
    candidate: Bundle,
    standing: Sequence[Entry],
    judged: Sequence[Gate],
    *,
    gates: Promote,
    person: Person,
) -> Entry:
    failed = [gate for gate in judged if not gate.passed]
    bundle: dict[str, Any] = {
        "name": candidate.name,
        "version": candidate.version,
        "sha256sums": candidate.digest,
        "dvc": None if failed else keeping.keep(project, candidate),
        "metrics": candidate.metrics,
    }
    return {
        **_basics(project, REFUSED if failed else PROMOTED, bundle, person),
        "champion": standing[-1]["bundle"] if standing else None,
        "gates": [gate.entry() for gate in judged],
        "reasons": [f"{gate.gate}: {gate.says}" for gate in failed] or [_praise(judged, standing)],
        "params": gates.model_dump(mode="json"),
    }


def _praise(judged: Sequence[Gate], standing: Sequence[Entry]) -> str:
    against = f" against {standing[-1]['bundle']['version']}" if standing else "; there is no champion yet"
    return f"all {len(judged)} gates passed{against}"


def _basics(project: Path, decision: str, bundle: dict[str, Any], person: Person) -> Entry:
    return {
        "format": 1,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "decision": decision,
        "bundle": bundle,
        "by": str(person),
        "commit": repository.head(project),
    }


def _write(project: Path, entry: Entry, text: str, *, stage: str, person: Person) -> Decision:
    line = log.line_for(entry, text)
    bundle = entry["bundle"]
    verb = {PROMOTED: "Promote", REFUSED: "Refuse", ROLLED_BACK: "Roll back to"}[entry["decision"]]
    message = f"{verb} {bundle['name']} {bundle['version']}\n\n" + "\n".join(entry["reasons"])
    commit = repository.append(project, line, message)
    _settle(project, text + line, stage=stage, person=person)
    return Decision(entry, commit)


def _only_name(entries: Sequence[Entry], name: str | None) -> str:
    names = log.names(entries)
    if not names:
        msg = "nothing was promoted yet, so there is nothing to roll back"
        raise ReleaseError(msg)
    if name is None and len(names) > 1:
        msg = f"there are champions of {', '.join(names)}; say which one with --name"
        raise ReleaseError(msg)
    if name is not None and name not in names:
        msg = f"--name {name}: nothing of that name was promoted; there is {', '.join(names)}"
        raise ReleaseError(msg)
    return name or names[0]
