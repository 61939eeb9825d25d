import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import graph, verdict
from pipelines.errors import LineError

DVC_YAML = """\
    stages:
      data: {cmd: echo 1 > data.txt, outs: [data.txt]}
      left: {cmd: echo 1 > left.txt, deps: [data.txt], outs: [left.txt]}
      right: {cmd: echo 1 > right.txt, deps: [data.txt], outs: [right.txt]}
    """
OPTIONAL = """\
stages:
  more: {wdir: .., cmd: echo 1 > more.txt, deps: [right.txt], outs: [more.txt]}
"""


@pytest.fixture
def project(make_project) -> Path:
    project = make_project(DVC_YAML)
    (project / "selection").mkdir()
    (project / "selection/dvc.yaml").write_text(OPTIONAL, encoding="utf-8")
    return project


def test_only_what_was_asked_for_is_judged(project: Path) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet", "left"], cwd=project, check=True)
    plan = graph.read(project)

    assert {} == verdict.stale(project, plan, ["data", "left"])
    found = verdict.stale(project, plan, plan.with_ancestors(["more"]))
    assert {"right", "more"} == set(found)
    assert {"data"} == verdict.fresh(plan, plan.with_ancestors(["more"]), found)


def test_what_waits_for_something_stale_is_not_fresh() -> None:
    plan = graph.Graph(
        {name: graph.Stage(name, frozenset(up), (), ()) for name, up in {"a": "", "b": "a", "c": "b", "d": "a"}.items()}
    )

    assert {"a", "d"} == verdict.fresh(plan, plan.order, {"b"})
    assert set("abcd") == verdict.fresh(plan, plan.order, {})
    assert set() == verdict.fresh(plan, plan.order, {"a"})


def test_nothing_to_judge_costs_nothing() -> None:
    assert {} == verdict.stale(Path("nowhere"), graph.Graph({}), [])


def test_dvc_has_its_say_when_it_fails(tmp_path: Path) -> None:
    plan = graph.Graph({"a": graph.Stage("a", frozenset(), (), ())})

    with pytest.raises(LineError, match="not inside of a DVC repository"):
        verdict.stale(tmp_path, plan, ["a"])
