import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.clone import clone
from pipelines.errors import ParamsError, ProjectError
from tests.pipelines.conftest import git

DVC_YAML = """\
    stages:
      a: {cmd: "true", params: [a], outs: [a.txt]}
    """


@pytest.fixture
def project(make_project) -> Path:
    return make_project(DVC_YAML, "a:\n  path: here  # where\n")


def test_a_copy_has_its_own_params_committed_and_no_remotes(project: Path, tmp_path: Path) -> None:
    dvc = [sys.executable, "-m", "dvc", "remote", "add", "--default", "storage", str(tmp_path / "storage")]
    subprocess.run(dvc, cwd=project, check=True, capture_output=True)
    git(project, "commit", "--quiet", "--all", "--message", "Add storage")
    git(project, "remote", "add", "origin", "https://example.com/original.git")
    (project / "notes.md").write_text("not committed", encoding="utf-8")
    before = git(project, "rev-parse", "HEAD"), (project / "params.yaml").read_bytes()

    made = clone(project, tmp_path / "teams" / "copy", [], ["a.path=there"])

    copy = tmp_path / "teams" / "copy"
    assert "  path: there  # where\n" in (copy / "params.yaml").read_text(encoding="utf-8")
    assert "" == git(copy, "status", "--porcelain")
    assert "2" == git(copy, "rev-list", "--count", "HEAD~1").strip()
    assert "" == git(copy, "remote")
    config = (copy / ".dvc" / "config").read_text(encoding="utf-8")
    assert "storage" not in config
    assert ["git origin", "dvc storage"] == made.remotes
    assert made.uncommitted
    assert before == (git(project, "rev-parse", "HEAD"), (project / "params.yaml").read_bytes())
    assert ["copy"] == [path.name for path in (tmp_path / "teams").iterdir()]


def test_a_copy_without_values_is_a_clone(project: Path, tmp_path: Path) -> None:
    made = clone(project, tmp_path / "copy", [], [])

    assert git(project, "rev-parse", "HEAD") == git(tmp_path / "copy", "rev-parse", "HEAD")
    assert ([], False) == (made.changes, made.uncommitted)


def test_a_mistake_leaves_no_folder(project: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(ParamsError, match=r"did you mean a\.path"):
        clone(project, tmp_path / "copy", [], ["a.pth=there"])

    assert before == set(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(project: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="exists already"):
        clone(project, project, [], [])


def test_a_folder_without_git_is_named(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(ProjectError, match=r"git clone .* failed"):
        clone(plain, tmp_path / "copy", [], [])
