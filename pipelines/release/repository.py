"""Git around the log: one commit per decision, with the log's file alone, and one decision at a time."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ReleaseError
from pipelines.git import git, run
from pipelines.release import log
from pipelines.release.log import LOG

LOCK = "transferline-release.lock"


@dataclass(frozen=True)
class Person:
    """Who decides, as git knows them."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@contextmanager
def alone(project: Path) -> Iterator[None]:
    """Hold the repository's lock on decisions.

    Raises:
        ReleaseError: another promote or rollback holds it.
    """
    # Shared by all worktrees, as their tags are.
    folder = Path(git(project, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            msg = (
                f"another promote or rollback is at work here (process {file.read().strip() or 'unknown'}); wait for it"
            )
            raise ReleaseError(msg) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def ready(project: Path) -> Person:
    """Check that a decision can be committed, and return who would commit it.

    Raises:
        ReleaseError: HEAD is on no branch or has no commit, nobody has told git who they are, or the log has changes
            that are not committed.
    """
    if run(project, "symbolic-ref", "--quiet", "HEAD").returncode:
        msg = "HEAD is detached, so the decision would be on no branch; `git switch BRANCH` first"
        raise ReleaseError(msg)
    if run(project, "rev-parse", "--verify", "--quiet", "HEAD").returncode:
        msg = "this repository has no commit yet; commit the line first"
        raise ReleaseError(msg)
    if git(project, "status", "--porcelain", "--", LOG.as_posix()):
        msg = (
            f"{LOG} has changes that are not committed, and a log is only added to by promote and rollback; "
            f"`git diff -- {LOG}` shows them, `git checkout HEAD -- {LOG}` takes them back"
        )
        raise ReleaseError(msg)
    return _person(project)


def text(project: Path) -> str:
    """Return the log, checked: whole in itself, and never other than added to in the history of this branch.

    Raises:
        ReleaseError: a line was edited, removed or put in.
    """
    file = project / LOG
    found = file.read_text(encoding="utf-8") if file.is_file() else ""
    log.read(found)
    for commit in git(project, "log", "--format=%H", "--", LOG.as_posix()).split():
        done = run(project, "cat-file", "blob", f"{commit}:./{LOG.as_posix()}")
        if done.returncode or not found.encode().startswith(done.stdout):
            msg = (
                f"{LOG}: commit {commit[:8]} has lines that are not in it any more, though it is only added to; "
                f"`git log -p -- {LOG}` shows what was taken out"
            )
            raise ReleaseError(msg)
    return found


def append(project: Path, line: str, message: str) -> str:
    """Add a line to the log, commit that file alone, and return the commit; without a commit the line goes, too.

    Raises:
        ReleaseError: git, or a hook of this repository, refuses the commit.
    """
    file = project / LOG
    before = file.read_bytes() if file.is_file() else None
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as stream:
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())
    path = LOG.as_posix()
    added = run(project, "add", "--force", "--", path)
    done = (
        run(project, "commit", "--quiet", "--message", message, "--only", "--", path) if not added.returncode else added
    )
    if done.returncode:
        _take_back(project, before)
        msg = f"git does not commit the decision, so it is not made: {_words(done)}"
        raise ReleaseError(msg)
    return git(project, "rev-parse", "HEAD")


def head(project: Path) -> str:
    """Return the commit that the decision is made on."""
    return git(project, "rev-parse", "HEAD")


def commit_of(project: Path, lines: int) -> str:
    """Return the commit that brought the log to so many lines."""
    for commit in reversed(git(project, "log", "--format=%H", "--", LOG.as_posix()).split()):
        if git(project, "cat-file", "blob", f"{commit}:./{LOG.as_posix()}").count("\n") + 1 >= lines:
            return commit
    return head(project)


def dirty(project: Path) -> bool:
    """Whether there are uncommitted changes besides."""
    return bool(git(project, "status", "--porcelain"))


def _take_back(project: Path, before: bytes | None) -> None:
    run(project, "reset", "--quiet", "--", LOG.as_posix())
    if before is None:
        (project / LOG).unlink()
    else:
        (project / LOG).write_bytes(before)


def _person(project: Path) -> Person:
    done = run(project, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    if done.returncode:
        msg = (
            "git does not know who decides; `git config user.name 'Your Name'` and "
            "`git config user.email you@example.com` tell it"
        )
        raise ReleaseError(msg)
    name, _, rest = done.stdout.decode("utf-8").partition(" <")
    return Person(name, rest.partition(">")[0])


def _words(done: "subprocess.CompletedProcess[bytes]") -> str:
    return (done.stderr or done.stdout).decode("utf-8", "replace").strip()
