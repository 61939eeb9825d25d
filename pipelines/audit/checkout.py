"""Check a revision out where nothing else is: a clone with a DVC cache of its own, which is empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.repo import Repo

from pipelines.errors import AuditError, ProjectError
from pipelines.git import git


@dataclass(frozen=True)
class Checkout:
    """A revision of `project` in `folder`; `work` is for everything else that the audit leaves until it ends."""

    project: Path
    folder: Path
    work: Path
    commit: str


def commit_of(project: Path, revision: str) -> str:
    """Return the full name of the commit that `revision` means.

    Raises:
        AuditError: it means none.
    """
    try:
        return git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except ProjectError as error:
        msg = f"{revision}: no such revision; stages come behind it: transferline audit HEAD STAGE"
        raise AuditError(msg) from error


@contextmanager
def checked_out(project: Path, commit: str) -> Iterator[Checkout]:
    """Yield a clean clone of `commit` in a temporary folder (TMPDIR says where), which is removed afterwards."""
    # Resolved, as stages see it: on some systems the folder for temporary files is a link.
    with TemporaryDirectory(prefix="transferline-audit-", ignore_cleanup_errors=True) as folder:
        yield check_out(project, commit, Path(folder).resolve())


def check_out(project: Path, commit: str, work: Path) -> Checkout:
    """Clone into a folder of `work`, so that DVC there knows no cache, no remote and no state of this machine."""
    root = Path(git(project, "rev-parse", "--show-toplevel"))
    clone = work / "clone"
    git(project, "clone", "--quiet", "--no-checkout", str(root), str(clone))
    git(clone, "checkout", "--quiet", "--detach", commit)
    git(clone, "remote", "remove", "origin")
    # Times of access are part of the observation; setting them must not make git read all files again.
    git(clone, "config", "core.trustctime", "false")
    folder = clone / project.resolve().relative_to(root.resolve())
    if not (folder / "dvc.yaml").is_file() or not (folder / ".dvc").is_dir():
        msg = f"{commit[:12]} has no dvc.yaml or no .dvc in {folder.relative_to(clone)}: nothing to audit"
        raise AuditError(msg)
    _isolate(folder, work)
    return Checkout(project, folder, work, commit)


def _isolate(folder: Path, work: Path) -> None:
    (folder / ".dvc" / "config.local").unlink(missing_ok=True)
    with Repo(str(folder)) as repo, repo.config.edit("local") as config:
        config["cache"] = {"dir": str(work / "cache")}
        config["core"] = {"site_cache_dir": str(work / "state"), "analytics": False, "autostage": False}
