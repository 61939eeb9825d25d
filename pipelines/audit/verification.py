"""Check the result of an audit: its signature, its form, and whether the files at hand are those it speaks of."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.audit import provenance, signing
from pipelines.audit.provenance import Statement
from pipelines.store import digest_of, md5_of_file

# What marks a bundle.
BUNDLE = "bundle.json"


@dataclass(frozen=True)
class Checked:
    """A signed, well-formed statement, and its files: how many match, which do not, how many are absent."""

    statement: Statement
    matching: int
    differing: list[str]
    absent: int

    @property
    def commit(self) -> str:
        """The revision that was audited."""
        materials = self.statement.predicate.buildDefinition.resolvedDependencies
        return next((material.digest["gitCommit"] for material in materials if "gitCommit" in material.digest), "?")

    @property
    def good(self) -> bool:
        """Whether the audit ended well and speaks of the files at hand."""
        return self.statement.predicate.transferline_audit.exit_code == 0 and not self.differing


def verify(file: Path, key: Path, *, files: Path | None) -> Checked:
    """Check the envelope in `file` by a public key, and its subjects against a project or a bundle in `files`.

    Raises:
        AuditError: the signature, the envelope or the statement is not what it should be.
    """
    statement = provenance.check(signing.opened(file, signing.load_public(key)))
    if files is None:
        return Checked(statement, 0, [], len(statement.subject))
    tolerated = _tolerated(statement)
    prefix = _place_of(files / BUNDLE, statement)
    matching, differing, absent = 0, [], 0
    for subject in statement.subject:
        path = files / subject.name.removeprefix(prefix)
        if not subject.name.startswith(prefix) or not path.is_file():
            absent += 1
        elif digest_of(path, "sha256") == subject.digest.get("sha256") or _is(path, tolerated.get(subject.name)):
            matching += 1
        else:
            differing.append(subject.name)
    return Checked(statement, matching, differing, absent)


def _place_of(bundle: Path, statement: Statement) -> str:
    """Return in which folder of the project a bundle at hand was made: that of the same bundle.json, or of any."""
    if not bundle.is_file():
        return ""
    digest = digest_of(bundle, "sha256")
    made = [subject for subject in statement.subject if subject.name.endswith(f"/{BUNDLE}")]
    same = [subject for subject in made if subject.digest.get("sha256") == digest]
    return next((subject.name.removesuffix(BUNDLE) for subject in [*same, *made]), "")


def _is(path: Path, md5: str | None) -> bool:
    return md5 is not None and md5_of_file(path) == md5


def _tolerated(statement: Statement) -> dict[str, str | None]:
    """Return the recorded MD5 of the files that the audit found equal, but not in each byte."""
    stages = statement.predicate.transferline_audit.stages
    files = (file for stage in stages for output in stage.outputs for file in output.files)
    return {file.path: file.recorded for file in files if file.outcome != "different"}
