from pathlib import Path

import pytest

from pipelines.errors import GraphError, ParamsError
from pipelines.params import describe, write

TEXT = """\
line:
  max_parallel: 2        # stages at the same time
  lock_retries: 1
  lock_retry_seconds: 1.0
train:
  epochs: 3              # whole epochs
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_writes_values_and_keeps_comments(project: Path) -> None:
    made = write(project, [], ["train.epochs=5", "line.max_parallel=4"])

    expected = TEXT.replace("epochs: 3", "epochs: 5").replace("max_parallel: 2", "max_parallel: 4")
    assert expected == (project / "params.yaml").read_text(encoding="utf-8")
    assert "  train.epochs       3 -> 5\n  line.max_parallel  2 -> 4" == describe(made)
    assert ["params.yaml"] == [file.name for file in project.iterdir()]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["train.epochs=5", "train.batch=1"], r"no key train\.batch"),
        (["train.epochs=5", "line.max_parallel=0"], r"line\.max_parallel: found 0; input should be greater than"),
    ],
)
def test_writes_nothing_when_anything_is_wrong(project: Path, settings: list[str], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        write(project, [], settings)

    assert TEXT == (project / "params.yaml").read_text(encoding="utf-8")


def test_what_the_check_refuses_does_not_stay(project: Path) -> None:
    seen = []

    def check() -> None:
        seen.append((project / "params.yaml").read_text(encoding="utf-8"))
        raise GraphError("no such stage")

    with pytest.raises(GraphError, match="no such stage"):
        write(project, [], ["train.epochs=5"], check=check)

    assert [TEXT.replace("epochs: 3", "epochs: 5")] == seen
    assert TEXT == (project / "params.yaml").read_text(encoding="utf-8")


def test_the_same_values_change_nothing(project: Path) -> None:
    before = (project / "params.yaml").stat()

    assert [] == write(project, [], ["train.epochs=3"])
    assert before.st_mtime_ns == (project / "params.yaml").stat().st_mtime_ns


def test_a_project_without_params_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: not found"):
        write(tmp_path, [], [])
