"""Ask git."""

import subprocess
from pathlib import Path

from pipelines.errors import ProjectError


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run git in `folder`, for those who want its exit code, or its bytes as they are."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints in `folder`, without the line end behind it.

    Raises:
        ProjectError: git fails; the message has its own words.
    """
    done = run(folder, *arguments)
    if done.returncode:
        msg = f"git {' '.join(arguments)} failed in {folder}: {done.stderr.decode('utf-8', 'replace').strip()}"
        raise ProjectError(msg)
    return done.stdout.decode("utf-8").rstrip("\n")
