from pathlib import Path

import pytest

from pipelines.errors import ProjectError
from pipelines.project import find


def test_finds_the_project_from_a_folder_inside_it(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").touch()

    assert tmp_path == find(inside) == find(tmp_path)


def test_says_that_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"holds dvc\.yaml and \.dvc; change into the project's folder"):
        find(tmp_path)
