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
