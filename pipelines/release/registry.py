"""The tags that others read, by gto: which version of a bundle there is, and which one is the champion."""

import contextlib
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gto import api
from gto.exceptions import GTOException

from pipelines.errors import ReleaseError
from pipelines.git import git
from pipelines.release.repository import Person

# What ties a tag to the log's line, so that a log with other lines is noticed.
ANCHOR = "log line "
LONGEST_WAIT = 2.0


def holders(project: Path, name: str, stage: str) -> list[str]:
    """Return the versions that the stage is assigned to: one, unless somebody else assigned it, too."""
    with contextlib.redirect_stdout(io.StringIO()):
        found = api.find_versions_in_stage(str(project), name, stage, versions_per_stage=-1)
    return sorted(str(entry.version) for entry in found or [])


def registered(project: Path, name: str, version: str) -> bool:
    """Whether there is a tag for this version."""
    return f"{name}@{version}" in git(project, "tag", "--list", f"{name}@*").splitlines()


def register(project: Path, name: str, version: str, *, commit: str, line: str, person: Person) -> None:
    """Tag a commit as a version of the bundle.

    Raises:
        ReleaseError: gto refuses.
    """
    signed = _signed(f"Register {name} {version}", line, person)
    with _tagging():
        api.register(str(project), name, commit, version=version, **signed)


def assign(project: Path, name: str, version: str, *, stage: str, line: str, person: Person) -> None:
    """Assign the stage to a registered version.

    Raises:
        ReleaseError: gto refuses.
    """
    _wait_for_the_next_second(project, name, version)
    signed = _signed(f"Assign {stage} to {name} {version}", line, person)
    with _tagging():
        api.assign(str(project), name, stage, version=version, skip_registration=True, **signed)


def unassign(project: Path, name: str, version: str, *, stage: str, line: str, person: Person) -> None:
    """Take the stage from a version: gto would go on to count it in.

    Raises:
        ReleaseError: gto refuses.
    """
    _wait_for_the_next_second(project, name, version)
    signed = _signed(f"Take {stage} from {name} {version}", line, person)
    with _tagging():
        api.unassign(str(project), name, version=version, stage=stage, **signed)


def anchors(project: Path) -> dict[str, str]:
    """Return, by tag, the digest of the log's line that it was made for."""
    found: dict[str, str] = {}
    listed = git(project, "for-each-ref", "--format=%(refname:short)%00%(contents)%01", "refs/tags")
    for entry in listed.split("\1"):
        tag, _, message = entry.strip().partition("\0")
        lines = [line.removeprefix(ANCHOR) for line in message.splitlines() if line.startswith(ANCHOR)]
        found |= dict.fromkeys([tag] if lines else [], lines[0] if lines else "")
    return found


def _signed(title: str, line: str, person: Person) -> dict[str, Any]:
    message = f"{title}\n\n{ANCHOR}{line}"
    return {"message": message, "author": person.name, "author_email": person.email}


def _wait_for_the_next_second(project: Path, name: str, version: str) -> None:
    # gto goes by the time of a version's tags, which is in whole seconds: of two in one second neither is the newer.
    form, these = "--format=%(creatordate:unix)", f"--points-at={name}@{version}^{{commit}}"
    listed = git(project, "for-each-ref", form, these, f"refs/tags/{name}#*")
    newest = max((int(seconds) for seconds in listed.split()), default=0)
    give_up = time.monotonic() + LONGEST_WAIT
    while int(time.time()) <= newest and time.monotonic() < give_up:
        time.sleep(0.02)


@contextlib.contextmanager
def _tagging() -> Iterator[None]:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except GTOException as error:
        said = str(error).strip()
        msg = f"the decision is in the log, but not its tag: {said} The next promote or rollback tries again"
        raise ReleaseError(msg) from error
