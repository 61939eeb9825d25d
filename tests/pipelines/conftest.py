"""A small DVC project, with a git repository around it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

LINE = {"max_parallel": 2, "lock_retries": 40, "lock_retry_seconds": 0.5}

MakeProject = Callable[..., Path]


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """Undo what commands that run in this process set for Prefect."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with git and DVC in it, once, as that takes seconds."""
    project = tmp_path_factory.mktemp("empty")
    git(project, "init", "--quiet", "--initial-branch", "main")
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet"], cwd=project, check=True)
    return project


@pytest.fixture
def make_project(tmp_path: Path, empty_project: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProject:
    """Return a function that makes a committed project from the texts of dvc.yaml and params.yaml."""
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")

    def make(dvc_yaml: str, params: str = "") -> Path:
        project = tmp_path / "project"
        shutil.copytree(empty_project, project)
        (project / "dvc.yaml").write_text(dedent(dvc_yaml), encoding="utf-8")
        line = "".join(f"  {name}: {value}\n" for name, value in LINE.items())
        (project / "params.yaml").write_text(f"line:\n{line}{dedent(params)}", encoding="utf-8")
        (project / ".gitignore").write_text(".prefect/\n*.txt\n", encoding="utf-8")
        git(project, "add", ".")
        git(project, "commit", "--quiet", "--message", "Start")
        return project

    return make
