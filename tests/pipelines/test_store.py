from pathlib import Path

import pytest

from pipelines import store
from pipelines.errors import AuditError
from tests.pipelines.audit.conftest import dvc


@pytest.fixture
def recorded(make_project) -> Path:
    project = make_project("stages: {}\n")
    (project / ".gitignore").write_text("")
    (project / "data" / "inner").mkdir(parents=True)
    (project / "data" / "b").write_text("second")
    (project / "data" / "inner" / "a").write_text("first")
    dvc(project, "add", "--quiet", "data")
    return project


def md5_of(project: Path) -> str:
    return (project / "data.dvc").read_text().partition("md5: ")[2].split("\n")[0]


def test_folders_are_hashed_as_dvc_does(recorded: Path) -> None:
    files = store.files_of(recorded / "data")
    hashes = {name: store.md5_of_file(path) for name, path in files.items()}

    assert ["b", "inner/a"] == list(files)
    assert md5_of(recorded) == store.md5_of_folder(hashes)


@pytest.mark.parametrize("lost", ["data", ".dvc/cache"])
def test_bytes_are_found_in_the_cache_or_in_the_workspace(lost: str, recorded: Path, tmp_path: Path) -> None:
    kept = store.of(recorded)
    (recorded / lost).rename(tmp_path / "lost")

    assert kept.bring(md5_of(recorded), where="data", into=tmp_path / "copy")

    assert "first" == (tmp_path / "copy" / "data" / "inner" / "a").read_text()


def test_bytes_that_are_not_what_they_claim_do_not_count(recorded: Path, tmp_path: Path) -> None:
    for path in (recorded / ".dvc" / "cache").rglob("*"):
        if path.is_file() and path.read_bytes() == b"second":
            path.chmod(0o644)
            path.write_text("forged")
    (recorded / "data" / "b").unlink()

    assert not store.of(recorded).bring(md5_of(recorded), where="data", into=tmp_path / "copy")


def test_a_list_of_files_that_leads_out_is_refused() -> None:
    for path in ("../outside", "/etc/passwd"):
        with pytest.raises(AuditError, match="leads out of its folder"):
            store.check_name(path)
    assert "a/b" == store.check_name("a/b")
