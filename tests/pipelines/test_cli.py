from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app

DVC_YAML = """\
    stages:
      train: {cmd: "true", params: [train], outs: [a.txt]}
    """


@pytest.fixture
def project(make_project, monkeypatch: pytest.MonkeyPatch) -> Path:
    project: Path = make_project(DVC_YAML, "train: {epochs: 3}\n")
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "trian"], "transferline: dvc.yaml has no stage 'trian'; did you mean train?"),
        (["run", "--set", "train.epoch=3"], "params.yaml has no key train.epoch; did you mean train.epochs?"),
        (["run", "--set", "train.epochs=x"], "expected a whole number"),
        (["run", "--params", "nowhere.yaml"], "nowhere.yaml: not found"),
        (["schedule", "--cron", "0 2 * * *", "trian"], "did you mean train?"),
        (["init", "."], "exists already"),
    ],
)
def test_mistakes_end_with_one_sentence_and_change_nothing(project: Path, arguments: list[str], message: str) -> None:
    before = (project / "params.yaml").read_bytes()

    result = CliRunner().invoke(app, arguments)

    assert 1 == result.exit_code
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert before == (project / "params.yaml").read_bytes()


def test_a_wrong_stage_is_found_before_values_are_written(project: Path) -> None:
    before = (project / "params.yaml").read_bytes()

    CliRunner().invoke(app, ["run", "--set", "train.epochs=9", "trian"])

    assert before == (project / "params.yaml").read_bytes()


def test_outside_a_project_the_way_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(app, ["run"])

    assert 1 == result.exit_code
    assert "change into the project's folder" in result.stderr


def test_init_says_what_it_did_and_what_comes_next(project: Path) -> None:
    result = CliRunner().invoke(app, ["init", "../copy", "--set", "train.epochs=9"])

    assert 0 == result.exit_code, result.output
    assert "train.epochs  3 -> 9" in result.output
    assert "Next: cd ../copy" in result.output
    assert "{epochs: 9}" in (project.parent / "copy" / "params.yaml").read_text(encoding="utf-8")


def test_the_commands_are_listed() -> None:
    result = CliRunner().invoke(app, ["--help"])

    assert all(command in result.output for command in ("run", "schedule", "init"))
