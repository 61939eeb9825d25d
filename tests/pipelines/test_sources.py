from pathlib import Path

import pytest

from pipelines import graph, sources
from pipelines.errors import GraphError

STAGES = """\
    stages:
      raw: {cmd: "true", deps: ["${data.path}"], outs: [made/a.txt]}
      inside: {cmd: "true", deps: [made/a.txt/b], outs: [inside.txt]}
      around: {cmd: "true", deps: [made], outs: [around.txt]}
      third: {cmd: "true", deps: [made/c.txt], outs: [third.txt]}
    """


def test_what_is_there_or_made_is_fine_and_the_rest_is_named(make_project) -> None:
    project: Path = make_project(STAGES, "data: {path: raw}\n")
    plan = graph.read(project)

    sources.check(project, plan, ["inside", "around"])
    with pytest.raises(GraphError) as caught:
        sources.check(project, plan, plan.order)
    assert {
        "raw: not found, and no stage makes it; put it there, or correct its name in params.yaml. Needed by raw",
        "made/c.txt: not found, and no stage makes it; did you mean made/a.txt? Needed by third",
    } == set(str(caught.value).splitlines())

    (project / "raw").mkdir()
    sources.check(project, plan, ["raw", "inside", "around"])


def test_a_stage_that_is_frozen_reads_nothing(make_project) -> None:
    project: Path = make_project(STAGES.replace("outs: [third.txt]", "frozen: true"), "data: {path: raw}\n")
    plan = graph.read(project)

    sources.check(project, plan, ["third"])


def test_many_readers_are_counted(make_project) -> None:
    cells = """\
    stages:
      cell:
        matrix: {backbone: [backbone, resnet51], seed: [0, 1]}
        cmd: "true"
        deps: ["models/${item.backbone}"]
        outs: ["${item.backbone}-${item.seed}.txt"]
      fetch: {cmd: "true", outs: [models/backbone, models/detector]}
    """
    project: Path = make_project(cells)
    plan = graph.read(project)

    with pytest.raises(
        GraphError, match=r"^models/resnet51: not found, .*; put it there, .* cell@resnet51-0 and 1 more"
    ):
        sources.check(project, plan, sorted(plan.stages))
