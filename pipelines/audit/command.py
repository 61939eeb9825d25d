"""The command line of audits: `transferline audit`, `transferline audit-key`, `transferline determinism`."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipelines import environment, project
from pipelines.mistakes import answered, take_sigterm_for_ctrl_c
from receiver.atomic import write_text

OUT = Path(".transferline", "audit")
PROVENANCE, PAGE = "provenance.json", "audit.html"
# Its own, as 1 says that something differs.
NOT_CARRIED_OUT = 2

_answered = partial(answered, code=NOT_CARRIED_OUT, stopped="nothing was written")

# What cannot be written to is refused before a run, not behind it.
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", file_okay=False, writable=True, help=f"Folder of the result; {OUT} without it."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show what the stages say.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(audit)
    app.command("audit-key")(audit_key)
    app.command()(determinism)


def audit(
    revision: Annotated[str, typer.Argument(metavar="[REV]", help="Revision to audit.")] = "HEAD",
    stages: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STAGE]...", help="Stages to rerun with recorded inputs; without any, the whole line."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Private key to sign with; with --verify, the public key to check with."),
    ] = None,
    out: Out = None,
    verify: Annotated[Path | None, typer.Option(metavar="FILE", help="Check a provenance.json; no audit.")] = None,
    files: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --verify: project or bundle whose files are compared; this project."),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Rerun a revision in a clean clone, and compare everything with what was recorded.

    Exit code 0: identical, or within the tolerance of params.yaml. 1: different. 2: could not be carried out.
    """
    with _answered():
        if verify:
            code = _verify(verify, key, files)
        else:
            code = _audit(revision, stages or [], key=key, out=out, verbose=verbose)
    raise typer.Exit(code)


def audit_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Private key to make; FILE.pub is the public one.")],
) -> None:
    """Make a pair of keys for `transferline audit --key`; the private one can be read by you alone."""
    with _answered():
        from pipelines.audit import signing

        public = signing.make_keys(file)
        print(f"{file}: private, keep it outside of the project\n{public}: for those who check")


def determinism(
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="Stage to rerun.")],
    runs: Annotated[int, typer.Option("-n", "--runs", min=2, help="How often.")] = 3,
    revision: Annotated[str, typer.Option(metavar="REV", help="Revision to take it from.")] = "HEAD",
    verbose: Verbose = False,
) -> None:
    """Rerun a stage with recorded inputs several times, and name where two runs part.

    Exit code 0: equal in every bit. 1: not. 2: could not be carried out.
    """
    with _answered():
        take_sigterm_for_ctrl_c()
        here = project.find(Path.cwd())
        environment.prepare(here)
        from pipelines.audit import determinism

        say = print if verbose else _silent
        result = determinism.compare_runs(
            here, revision, stage, runs, say=say, on_run=lambda line: print(line, flush=True)
        )
        print("\n".join(result.sentences()))
    raise typer.Exit(0 if result.equal else 1)


def _audit(revision: str, stages: list[str], *, key: Path | None, out: Path | None, verbose: bool) -> int:
    take_sigterm_for_ctrl_c()
    here = project.find(Path.cwd())
    environment.prepare(here)
    from pipelines.audit import carrying_out, display, page, provenance, signing
    from pipelines.audit.carrying_out import Auditor
    from pipelines.audit.verdict import Verdict
    from pipelines.git import git

    signer = signing.load_signer(key) if key else None
    folder = out or here / OUT

    def keep(auditor: Auditor, verdict: Verdict) -> None:
        sealed = signing.sealed(provenance.of(auditor, verdict), signer)
        write_text(folder / PROVENANCE, json.dumps(sealed, indent=2) + "\n")
        write_text(folder / PAGE, page.render(verdict, signed=signer is not None))

    if git(here, "status", "--porcelain", "--untracked-files=no"):
        print("Changes here that are not committed are no part of it.")
    say = print if verbose else _silent
    verdict = carrying_out.carry_out(here, revision, stages, on_stage=display.on_stage, say=say, examine=keep)
    display.at_the_end(verdict, results=folder / PAGE, provenance=folder / PROVENANCE, signed=signer is not None)
    return verdict.code


def _verify(file: Path, key: Path | None, files: Path | None) -> int:
    from pipelines.audit import verification
    from pipelines.errors import AuditError, ProjectError

    if key is None:
        msg = "--verify needs the public key of who signed: --key FILE.pub"
        raise AuditError(msg)
    try:
        files = files or project.find(Path.cwd())
    except ProjectError:
        files = None
    checked = verification.verify(file, key, files=files)
    outcome = checked.statement.predicate.transferline_audit
    print(f"{file}: the signature is good. The audit of {checked.commit} ended: {outcome.verdict}.")
    print(f"Files in {files or 'no folder'}: {checked.matching} match, {checked.absent} are not here.")
    for name in checked.differing:
        print(f"{name}: not the file that was audited")
    return 0 if checked.good else 1


def _silent(line: str) -> None:
    pass
