from pathlib import Path

import pytest

from pipelines import graph
from stages import stage_graph
from transfer.errors import ParamsError

ROOT = Path(__file__).resolve().parents[2]


def test_the_text_of_dvc_yaml_gives_the_graph_that_dvc_gives(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    found = stage_graph.upstream(Path("params.yaml"))

    known = graph.read(ROOT).stages
    assert {name for name, stage in known.items() if stage.file == graph.MAIN} == set(found)
    for name, before in found.items():
        assert known[name].upstream == set(before)


def test_a_template_without_a_value_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {one: {cmd: x, deps: ['${train.body}']}}")
    (tmp_path / "params.yaml").write_text("train: {rate: 1}")

    with pytest.raises(ParamsError, match=r"params.yaml has no train.body, which the template \$\{train.body\} names"):
        stage_graph.upstream(Path("params.yaml"))
