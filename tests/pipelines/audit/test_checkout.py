from pathlib import Path

import pytest
from dvc.repo import Repo

from pipelines.audit import checkout
from pipelines.errors import AuditError
from tests.pipelines.conftest import git


@pytest.fixture
def project(make_project) -> Path:
    return make_project("stages:\n  a: {cmd: 'true', outs: [a.txt]}\n")


def test_a_clone_knows_nothing_of_the_project(project: Path, tmp_path: Path) -> None:
    (project / ".dvc" / "config").write_text(
        f"[cache]\n    dir = {tmp_path / 'shared'}\n[core]\n    autostage = true\n"
    )
    git(project, "commit", "--quiet", "--all", "--message", "Share the cache")
    (project / "dvc.yaml").write_text("changed\n")
    (project / "untracked").write_text("x")

    with checkout.checked_out(project, checkout.commit_of(project, "HEAD")) as place:
        assert "stages:" in (place.folder / "dvc.yaml").read_text()
        assert not (place.folder / "untracked").exists()
        assert "" == git(place.folder, "remote") == git(place.folder, "status", "--porcelain")
        with Repo(str(place.folder)) as repo:
            assert Path(repo.cache.local.path).is_relative_to(place.work)
            assert Path(repo.site_cache_dir).is_relative_to(place.work)
            assert not repo.config["core"]["autostage"]
        work = place.work

    assert not work.exists()
    assert not (tmp_path / "shared").exists()


def test_an_older_revision(project: Path) -> None:
    git(project, "tag", "old")
    (project / "params.yaml").write_text("new: 1\n")
    git(project, "commit", "--quiet", "--all", "--message", "New")

    with checkout.checked_out(project, checkout.commit_of(project, "old")) as place:
        assert "new: 1\n" != (place.folder / "params.yaml").read_text()


def test_a_project_below_the_top_of_its_repository(project: Path, tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    top = tmp_path / "top"
    git(top, "init", "--quiet")
    inner = top / "inner"
    (project / ".git").rename(tmp_path / "gone")
    project.rename(inner)
    git(top, "add", "--force", ".")
    git(top, "commit", "--quiet", "--message", "All")

    with checkout.checked_out(inner, checkout.commit_of(inner, "HEAD")) as place:
        assert "inner" == place.folder.name
        assert (place.folder / "dvc.yaml").is_file()


def test_a_revision_that_is_none_or_has_no_project(project: Path) -> None:
    with pytest.raises(AuditError, match="none: no such revision"):
        checkout.commit_of(project, "none")
    with pytest.raises(AuditError, match="--help: no such revision"):
        checkout.commit_of(project, "--help")
    git(project, "rm", "--quiet", "dvc.yaml")
    git(project, "commit", "--quiet", "--message", "Remove")
    with (
        pytest.raises(AuditError, match=r"has no dvc\.yaml or no \.dvc in \.: nothing to audit"),
        checkout.checked_out(project, checkout.commit_of(project, "HEAD")),
    ):
        pass
