"""The result for machines: an in-toto statement about every output, with what it was made from and what came out.

The predicate is SLSA's provenance (https://slsa.dev/provenance/v1); what an audit adds is in its own field,
`transferline_audit`.
"""

from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.audit import surroundings
from pipelines.audit.carrying_out import Auditor
from pipelines.audit.outputs import OutputResult
from pipelines.audit.verdict import StageResult, Verdict
from pipelines.errors import AuditError, ProjectError
from pipelines.git import git
from pipelines.store import FOLDER, digest_of, files_of

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:transferline:audit:1"
BUILDER = "urn:transferline:auditor"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class Descriptor(_Model):
    """Something with a digest."""

    name: str
    digest: dict[str, str] = Field(min_length=1)


class BuildDefinition(_Model):
    """What was asked for, and what it was made from."""

    buildType: Literal["urn:transferline:audit:1"]  # noqa: N815 - SLSA's name
    externalParameters: dict[str, Any]  # noqa: N815
    internalParameters: dict[str, Any]  # noqa: N815
    resolvedDependencies: list[Descriptor]  # noqa: N815


class File(_Model):
    """A file that is not what was recorded."""

    path: str
    outcome: str
    difference: str | None
    recorded: str | None


class Output(_Model):
    """An output with its recorded hash, the one of the rerun, and the files that differ."""

    path: str
    outcome: str
    recorded: str | None
    found: str | None
    files: list[File]


class Stage(_Model):
    """What came out of one stage."""

    name: str
    status: str
    seconds: float
    sentences: list[str]
    outputs: list[Output]
    environment: dict[str, Any] | None
    processes_observed: int | None


class Outcome(_Model):
    """The verdict, and how it came about."""

    verdict: str
    exit_code: Literal[0, 1, 2]
    stages: list[Stage] = Field(min_length=1)


class RunDetails(_Model):
    """Who did it, and when."""

    builder: dict[str, Any]
    metadata: dict[str, str]


class Predicate(_Model):
    """SLSA's provenance with our outcome."""

    buildDefinition: BuildDefinition  # noqa: N815
    runDetails: RunDetails  # noqa: N815
    transferline_audit: Outcome


class Statement(_Model):
    """The whole of it."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: list[Descriptor]
    predicateType: Literal["https://slsa.dev/provenance/v1"]  # noqa: N815
    predicate: Predicate


def check(statement: Any) -> Statement:
    """Return a statement whose form is that of an audit's.

    Raises:
        AuditError: it is another.
    """
    try:
        return Statement.model_validate(statement)
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        msg = f"not the statement of an audit: {mistakes}"
        raise AuditError(msg) from error


def of(auditor: Auditor, verdict: Verdict) -> dict[str, Any]:
    """Return the statement about an audit whose clone is still there."""
    return {
        "_type": STATEMENT,
        "subject": _subjects(auditor),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"revision": verdict.revision, "stages": verdict.asked},
                "internalParameters": {"tolerance": _tolerance(auditor)},
                "resolvedDependencies": _materials(auditor, verdict),
            },
            "runDetails": {
                "builder": {"id": BUILDER},
                "metadata": {
                    "invocationId": f"urn:uuid:{uuid4()}",
                    "startedOn": verdict.started,
                    "finishedOn": verdict.finished,
                },
            },
            "transferline_audit": {
                "verdict": verdict.word,
                "exit_code": verdict.code,
                "stages": [_stage(auditor, result) for result in verdict.stages],
            },
        },
    }


def digest(md5: str) -> dict[str, str]:
    """Return DVC's hash of a file or of a folder as a digest; the latter is that of the list of its files."""
    return {"dvcFolderMd5": md5.removesuffix(FOLDER)} if md5.endswith(FOLDER) else {"md5": md5}


def _subjects(auditor: Auditor) -> list[dict[str, Any]]:
    folder = auditor.place.folder
    ran = [stage for stage in auditor.stages if auditor.results[stage.name].outputs]
    files = {}
    for out in (out for stage in ran for out in stage.outs):
        below = files_of(folder / out)
        files.update({f"{out}/{name}": file for name, file in below.items()} if below else {out: folder / out})
    return [
        {"name": name, "digest": {"sha256": digest_of(file, "sha256")}}
        for name, file in sorted(files.items())
        if file.is_file()
    ]


def _tolerance(auditor: Auditor) -> dict[str, Any]:
    rules = auditor.rules
    kinds = {"tensors": rules.tensors, "numbers": rules.numbers, "pixels": rules.pixels}
    return {name: {"absolute": kind.absolute, "relative": kind.relative} for name, kind in kinds.items()}


def _materials(auditor: Auditor, verdict: Verdict) -> list[dict[str, Any]]:
    revision = {"name": "revision", "digest": {"gitCommit": verdict.commit}}
    locks = sorted({stage.file.replace("dvc.yaml", "dvc.lock") for stage in auditor.stages})
    return [
        revision,
        *({"name": lock, "digest": {"gitBlob": blob}} for lock in locks if (blob := _blob(auditor, verdict, lock))),
        *({"name": source.path, "digest": digest(source.found)} for source in verdict.sources if source.found),
    ]


def _blob(auditor: Auditor, verdict: Verdict, path: str) -> str | None:
    try:
        return git(auditor.place.folder, "rev-parse", "--verify", "--quiet", f"{verdict.commit}:./{path}")
    except ProjectError:
        return None


def _stage(auditor: Auditor, result: StageResult) -> dict[str, Any]:
    stage = auditor.all[result.name]
    return {
        "name": result.name,
        "status": result.status,
        "seconds": round(result.seconds, 1),
        "sentences": result.sentences(),
        "outputs": [_output(output) for output in result.outputs],
        "environment": surroundings.found(stage, auditor.place.folder),
        "processes_observed": result.observed,
    }


def _output(output: OutputResult) -> dict[str, Any]:
    files = [
        {
            "path": file.path,
            "outcome": file.outcome,
            "difference": str(file.difference) if file.difference else None,
            "recorded": file.recorded,
        }
        for file in output.files
    ]
    hashes = {"recorded": output.recorded, "found": output.found}
    return {"path": output.path, "outcome": output.outcome, **hashes, "files": files}
