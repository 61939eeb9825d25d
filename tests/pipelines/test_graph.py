from pathlib import Path

import pytest

from pipelines import graph
from pipelines.errors import GraphError

DVC_YAML = """\
    stages:
      last:
        cmd: "true"
        deps: [made/b.txt, other.txt]
        outs:
          - last.txt
        plots:
          - curve.csv
      first:
        cmd: "true"
        deps:
          - ${data.path}
        outs:
          - made
      each:
        foreach: [x, y]
        do:
          cmd: "true"
          deps:
            - made
          outs:
            - each_${item}.txt
      other:
        cmd: "true"
        outs:
          - other.txt
    """


def test_reads_what_waits_for_what(make_project) -> None:
    project = make_project(DVC_YAML, "data: {path: ../raw}\n")

    found = graph.read(project)

    upstream = {name: set(stage.upstream) for name, stage in found.stages.items()}
    assert {
        "first": set(),
        "other": set(),
        "each@x": {"first"},
        "each@y": {"first"},
        "last": {"first", "other"},
    } == upstream
    assert (Path("last.txt"), Path("curve.csv")) == found.stages["last"].outs
    assert (Path("curve.csv"),) == found.stages["last"].plots
    assert ["each@x", "each@y"] == sorted(found.matching(["each"]))
    assert ["each@x"] == found.matching(["each@x"])
    assert {"first", "each@y"} == set(found.with_ancestors(["each@y"]))
    assert ["first", "each@y"] == found.with_ancestors(["each@y"])
    assert set(found.stages) == set(found.matching([]))


def test_names_the_closest_stage(make_project) -> None:
    project = make_project(DVC_YAML, "data: {path: ../raw}\n")

    with pytest.raises(GraphError, match=r"no stage 'frist'; did you mean first\?"):
        graph.read(project).matching(["frist"])
    with pytest.raises(GraphError, match=r"no stage 'zzz'; it has: .*first"):
        graph.read(project).matching(["zzz"])


def test_says_what_dvc_cannot_read(make_project) -> None:
    project = make_project(DVC_YAML, "data: {}\n")

    with pytest.raises(GraphError, match=r"Could not find 'data\.path'"):
        graph.read(project)


def test_says_which_stages_write_the_same(make_project) -> None:
    project = make_project(
        """\
        stages:
          a: {cmd: "true", outs: [models/backbone]}
          each:
            foreach: {backbone: 1}
            do: {cmd: "true", outs: ["models/${key}"]}
        """
    )

    with pytest.raises(GraphError, match=r"models/backbone would be written by a and each@backbone; give one of them"):
        graph.read(project)


def test_says_where_a_cycle_is(make_project) -> None:
    project = make_project(
        """\
        stages:
          a: {cmd: "true", deps: [b.txt], outs: [a.txt]}
          b: {cmd: "true", deps: [a.txt], outs: [b.txt]}
        """
    )

    with pytest.raises(GraphError, match="cycle"):
        graph.read(project)


OPTIONAL = """\
vars: [../params.yaml]
stages:
  cell:
    wdir: ..
    matrix: {seed: "${seeds}"}
    cmd: "true"
    deps: [made]
    outs: ["cells/${item.seed}.txt"]
  table:
    wdir: ..
    cmd: "true"
    deps: [cells]
    outs: [table.txt]
"""


def test_optional_stages_are_there_when_they_are_named(make_project) -> None:
    project = make_project(DVC_YAML, "data: {path: ../raw}\nseeds: [0, 1]\n")
    (project / "selection").mkdir()
    (project / "selection/dvc.yaml").write_text(OPTIONAL, encoding="utf-8")

    found = graph.read(project)

    assert {"first", "other", "last", "each@x", "each@y"} == set(found.matching([]))
    assert {"cell@0", "cell@1"} == set(found.matching(["cell"]))
    assert {"first", "cell@0", "cell@1", "table"} == set(found.with_ancestors(found.matching(["table"])))
    assert "selection/dvc.yaml:cell@1" == found.stages["cell@1"].address
    assert "first" == found.stages["first"].address
    assert (Path("cells/1.txt"),) == found.stages["cell@1"].outs
    with pytest.raises(GraphError, match=r"no stage 'zzz'; it has: (?!.*cell@).*cell"):
        found.matching(["zzz"])


def test_names_are_unique_over_all_files(make_project) -> None:
    project = make_project(DVC_YAML, "data: {path: ../raw}\nseeds: [0]\n")
    (project / "selection").mkdir()
    (project / "selection/dvc.yaml").write_text(OPTIONAL.replace("table:", "other:"), encoding="utf-8")

    with pytest.raises(GraphError, match=r"stage 'other' is in dvc\.yaml and in selection/dvc\.yaml"):
        graph.read(project)


def test_a_file_that_was_added_is_a_stage_of_the_line() -> None:
    stage = graph.Stage("data/raw.dvc", frozenset(), (Path("data/raw"),), (), file="data/raw.dvc")

    assert (stage.address, stage.optional) == ("data/raw.dvc", False)
