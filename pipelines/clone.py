"""Give a team its own copy of the project, with its own params, for its own data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.repo import Repo

from pipelines import params
from pipelines.errors import ProjectError
from pipelines.git import git
from pipelines.overlay import Change

# For a machine on which nobody has told git who commits.
SOMEBODY = ("-c", "user.name=transferline", "-c", "user.email=transferline@localhost")


@dataclass(frozen=True)
class Copy:
    """What `clone` did: the values set, the remotes left out, and whether uncommitted work stayed behind."""

    changes: list[Change]
    remotes: list[str]
    uncommitted: bool


def clone(project: Path, target: Path, files: Sequence[Path], assignments: Sequence[str]) -> Copy:
    """Clone the last commit of `project` to `target`, write the overlays into its params.yaml and commit them.

    Neither git nor DVC remotes come along, so that nothing of the copy is pushed to where the original lives. A copy
    that cannot be completed leaves no folder.

    Raises:
        ProjectError: `target` exists and is not an empty folder, or git fails.
        ParamsError: see `params.write`.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        msg = f"{target}: exists already; name a folder that does not"
        raise ProjectError(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        copy = Path(folder) / target.name
        git(project, "clone", "--quiet", str(project), str(copy))
        remotes = [*_forget_git_remotes(copy), *_forget_dvc_remotes(copy)]
        changes = params.write(copy, files, assignments)
        _commit(copy)
        copy.replace(target)
    return Copy(changes, remotes, uncommitted=bool(git(project, "status", "--porcelain")))


def _forget_git_remotes(copy: Path) -> list[str]:
    # `git clone` calls the original "origin"; the original's own remotes it leaves out itself.
    git(copy, "remote", "remove", "origin")
    return ["git origin"]


def _forget_dvc_remotes(copy: Path) -> list[str]:
    with Repo(str(copy)) as repo:
        names = list(repo.config["remote"])
        if names:
            with repo.config.edit("repo") as config:
                config["remote"] = {}
                config["core"].pop("remote", None)
    return [f"dvc {name}" for name in names]


def _commit(copy: Path) -> None:
    if git(copy, "status", "--porcelain", "--untracked-files=no"):
        who = () if git(copy, "config", "--default", "", "user.email") else SOMEBODY
        git(copy, *who, "commit", "--quiet", "--all", "--message", "Set the params of this copy")
