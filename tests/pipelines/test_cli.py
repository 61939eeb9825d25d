from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app

DVC_YAML = """\
    stages:
      train: {cmd: "true", params: [train], outs: [a.txt]}
      fetch: {foreach: "${backbones.more}", do: {cmd: "true", outs: ["${key}"]}}
      cell: {matrix: {on: "${backbones.used}"}, cmd: "true", deps: ["${item.on}"], outs: ["cell-${item.on}"]}
    """


@pytest.fixture
def project(make_project, monkeypatch: pytest.MonkeyPatch) -> Path:
    project: Path = make_project(DVC_YAML, "train: {epochs: 3}\nbackbones: {more: {}, used: [params.yaml]}\n")
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "train.epochs=9", "trian"], "did you mean train?"),
        (["--set", "backbones.more={a.txt: 1}"], "a.txt would be written by fetch@a.txt and train"),
        (["--set", "backbones.used=[train]"], "train: not found, and no stage makes it"),
    ],
)
def test_what_values_lead_to_is_checked_and_they_do_not_stay(project: Path, arguments: list[str], message: str) -> None:
    before = (project / "params.yaml").read_bytes()

    result = CliRunner().invoke(app, ["run", *arguments])

    assert 1 == result.exit_code
    assert message in result.stderr
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
