"""Ask git."""

import subprocess
from pathlib import Path

from pipelines.errors import ProjectError


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints in `folder`, without the white space around it.

    Raises:
        ProjectError: git fails; the message has its own words.
    """
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"git {' '.join(arguments)} failed in {folder}: {done.stderr.strip()}"
        raise ProjectError(msg)
    return done.stdout.strip()
