import json
import platform
from pathlib import Path
from typing import Literal

import pytest

from stages import entry
from stages.params import Params, Runtime
from transfer.errors import DataError


class SomeParams(Params):
    epochs: int


def run(params: SomeParams, runtime: Runtime, *, size: int | Literal["all"], seed: int, out: Path = Path("out")):
    print(params.epochs, runtime.threads, size, seed, out)


@pytest.fixture
def in_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = "runtime: {seed: 0, threads: 2, device: auto, precision: auto}\ntest_entry: {epochs: 7}\n"
    Path("params.yaml").write_text(section, encoding="utf-8")
    return monkeypatch


def test_sections_options_and_paths_are_told_apart() -> None:
    assert {"params": SomeParams, "runtime": Runtime} == entry.sections_of(run)
    assert {"size": int | Literal["all"], "seed": int} == entry.options_of(run)


def test_a_stage_gets_its_sections_and_its_options(in_project, capsys) -> None:
    in_project.setattr("sys.argv", ["test_entry.py", "--seed", "3", "--size", "all"])

    entry.main(run)

    assert "7 2 all 3 out\n" == capsys.readouterr().out
    assert Path(".transferline/times/test_entry.json").is_file()


def whole(params: SomeParams, *, out: Path = Path("out")):
    out.write_text("made")


def broken(params: SomeParams):
    msg = "no"
    raise DataError(msg)


def test_a_stage_that_has_run_leaves_the_record_of_its_environment(in_project) -> None:
    in_project.setattr("sys.argv", ["test_entry.py"])

    entry.main(whole)

    record = json.loads(Path("reports/environment/test_entry.json").read_text(encoding="utf-8"))
    assert platform.python_version() == record["python"]
    assert "pydantic" in record["packages"]


def test_a_failed_stage_and_an_item_of_a_matrix_leave_none(in_project, capsys) -> None:
    in_project.setattr("sys.argv", ["test_entry.py"])
    with pytest.raises(SystemExit):
        entry.main(broken)
    assert "test_entry: no" in capsys.readouterr().err
    in_project.setattr("sys.argv", ["test_entry.py", "--seed", "3", "--size", "all"])
    entry.main(run)

    assert not Path("reports").exists()


def test_a_mistake_is_said_with_the_name_of_the_stage(in_project, capsys) -> None:
    in_project.setattr("sys.argv", ["test_entry.py", "--seed", "3"])

    with pytest.raises(SystemExit) as ended:
        entry.main(run)

    assert 1 == ended.value.code
    assert "test_entry: missing: --size; dvc.yaml passes them on" in capsys.readouterr().err
