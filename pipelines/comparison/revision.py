"""One side of a comparison: a commit, or the working tree as it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import RevisionError
from pipelines.git import git, run

WORKING_TREE = "working tree"


@dataclass(frozen=True)
class Revision:
    """`commit` is None for the working tree; paths are relative to the project, with forward slashes."""

    project: Path
    name: str
    commit: str | None

    @property
    def label(self) -> str:
        """What people call it: the name that was asked for, and the commit behind it."""
        short = (self.commit or "")[:8]
        return self.name if not short or self.name.startswith(short) else f"{self.name} ({short})"

    def read(self, path: str) -> bytes | None:
        """Return a file that git knows (in the working tree: any file), or None where there is none."""
        if self.commit is None:
            file = self.project / path
            return file.read_bytes() if file.is_file() else None
        done = run(self.project, "cat-file", "blob", f"{self.commit}:./{path}")
        return done.stdout if done.returncode == 0 else None

    def values(self, path: str) -> dict[str, Any]:
        """Return the values of a YAML file; none where there is no such file, or no mapping in it.

        Raises:
            RevisionError: it is not YAML.
        """
        try:
            found = yaml.safe_load(self.read(path) or b"")
        except yaml.YAMLError as error:
            msg = f"{self.label}: {path}: not valid YAML: {error}"
            raise RevisionError(msg) from error
        return found if isinstance(found, dict) else {}

    def executable(self, path: str) -> bool:
        """Whether the file may be run."""
        if self.commit is None:
            return bool((self.project / path).stat().st_mode & 0o100)
        return git(self.project, "ls-tree", self.commit, "--", path).startswith("100755")

    def files(self) -> list[str]:
        """List the files that git tracks; in the working tree also new ones that it does not ignore."""
        if self.commit is not None:
            return _split(git(self.project, "ls-tree", "-r", "-z", "--name-only", self.commit))
        listed = _split(git(self.project, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
        return sorted({path for path in listed if (self.project / path).is_file()})


def find(project: Path, name: str | None) -> Revision:
    """Return the commit that `name` stands for; without a name, the working tree.

    Raises:
        RevisionError: git knows no such commit, or the folder is not in a git repository.
    """
    if name is None:
        return Revision(project, WORKING_TREE, None)
    # What starts with a dash would be an option of git.
    done = run(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode:
        msg = f"{name}: git knows no such commit here; `git log --oneline` lists those of this branch"
        raise RevisionError(msg)
    return Revision(project, name, done.stdout.decode().strip())


def changed(old: Revision, new: Revision) -> list[str]:
    """List the files whose content is not the same in both."""
    if old.commit is None:
        msg = "the first revision has to be a commit"
        raise RevisionError(msg)
    commits = [commit for commit in (old.commit, new.commit) if commit is not None]
    found = set(_split(git(old.project, "diff", "--relative", "--no-renames", "-z", "--name-only", *commits)))
    if new.commit is None:
        found |= set(_split(git(old.project, "ls-files", "-z", "--others", "--exclude-standard")))
    return sorted(found)


def _split(text: str) -> list[str]:
    return [path for path in text.split("\0") if path]
