"""The real flow, as a program, on small projects: each start of Prefect's server costs many seconds."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO

import pytest

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "pipelines.cli"]
ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import sys, time; print('at work', flush=True); time.sleep(float(sys.argv[1]))"
# left and right run at the same time: each waits, for up to a minute, until the other has said that it is there.
DVC_YAML = """\
    stages:
      data:
        cmd: echo ${data.value} > data.txt
        params: [data]
        outs: [data.txt]
      left:
        cmd: python meet.py left right && cp data.txt left.txt
        deps: [data.txt, meet.py]
        outs: [left.txt]
      right:
        cmd: python meet.py right left && cp data.txt right.txt
        deps: [data.txt, meet.py]
        outs: [right.txt]
      broken:
        cmd: test ${broken.whole} = yes && mkdir pictures && cp dot.png pictures
        deps: [left.txt, dot.png]
        params: [broken]
        outs: [pictures]
      report:
        cmd: cp scores.json metrics.json && cp scores.csv curve.csv
        deps: [pictures, right.txt, scores.json, scores.csv]
        metrics: [{metrics.json: {cache: false}}]
        plots: [curve.csv]
    """
MEET = """
import pathlib, sys, time
me, other = (pathlib.Path(f"{name}.here") for name in sys.argv[1:])
me.touch()
deadline = time.monotonic() + 60
while not other.exists():
    assert time.monotonic() < deadline, f"{other} did not run at the same time"
    time.sleep(0.05)
"""

# Two cells of one matrix that meet, and one more.
OPTIONAL = """\
vars: [../params.yaml]
stages:
  cell:
    wdir: ..
    matrix: {pair: "${cells.pairs}"}
    cmd: python meet.py ${item.pair[0]} ${item.pair[1]} && mkdir -p cells && cp data.txt cells/${item.pair[0]}
    deps: [data.txt, meet.py]
    outs: ["cells/${item.pair[0]}"]
  table: {wdir: .., cmd: ls cells > table.txt, deps: [cells], outs: [table.txt]}
"""


def environment(project: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**ours, "PYTHONPATH": str(ROOT), "PREFECT_HOME": str(project / ".prefect")}


def transferline(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments], cwd=project, env=environment(project), capture_output=True, text=True, check=False
    )


def outcomes(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """Read the table of stages at the end."""
    found = re.findall(r"^([\w@]+) +(ran|cached|failed|not started)\b", done.stdout, flags=re.MULTILINE)
    return dict(found)


def start_in_background(project: Path, out: IO[str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=project,
        env=environment(project),
        stdout=out,
        stderr=out,
        text=True,
        # Tests that are run in the background inherit that Ctrl-C is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (no thread of this process holds a lock here)
    )


def wait_for(condition: Callable[[], object], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def rows(project: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(project / ".prefect" / "prefect.db")) as database:
        found: list[tuple[str, ...]] = database.execute(query).fetchall()
    return found


def test_branches_failures_cache_and_artifacts(make_project, tmp_path: Path) -> None:
    project = make_project(DVC_YAML, "data: {value: 1}\nbroken: {whole: 'no'}\n")
    (project / "meet.py").write_text(MEET, encoding="utf-8")
    (project / "dot.png").write_bytes(b"not much of a picture")
    (project / "scores.json").write_text(json.dumps({"accuracy": 0.987, "per_class": {"a": 1.0}}), encoding="utf-8")
    (project / "scores.csv").write_text("epoch,loss\n1,0.5\n", encoding="utf-8")

    first = transferline(project, "run")

    expected = {"data": "ran", "left": "ran", "right": "ran", "broken": "failed", "report": "not started"}
    assert expected == outcomes(first), first.stdout + first.stderr
    assert 1 == first.returncode
    assert "broken | > test no = yes" in first.stdout
    assert "not up to date: broken, report" in first.stderr
    assert "Traceback" not in first.stdout + first.stderr

    second = transferline(project, "run", "--set", "broken.whole='yes'", "--set", "line.max_parallel=1")

    assert 0 == second.returncode, second.stdout + second.stderr
    cached = {"data": "cached", "left": "cached", "right": "cached", "broken": "ran", "report": "ran"}
    assert cached == outcomes(second)
    assert "  broken.whole       'no' -> 'yes'" in second.stdout
    assert "metrics.json" in second.stdout
    assert "accuracy 0.987" in second.stdout
    status = [sys.executable, "-m", "dvc", "status", "--json"]
    assert {} == json.loads(subprocess.run(status, cwd=project, capture_output=True, check=True).stdout)

    states = rows(project, "select name, state_name from task_run order by start_time")
    assert 4 + 5 == len(states)
    assert {("data", "Cached"), ("broken", "Completed"), ("broken", "Failed")} <= set(states)
    keys = {key for (key,) in rows(project, "select key from artifact")}
    assert {"stages", "metrics", "outputs", "curve"} == keys
    logs = {message for (message,) in rows(project, "select message from log")}
    assert {"> test no = yes && mkdir pictures && cp dot.png pictures", "unchanged"} <= logs

    third = transferline(project, "run", "left", "--set", "line.max_parallel=2")
    assert {"data": "cached", "left": "cached"} == outcomes(third)
    assert "accuracy" not in third.stdout, "a figure of a stage that this run did not look at"


def test_cells_of_an_optional_pipeline_run_side_by_side_and_once(make_project) -> None:
    project = make_project(DVC_YAML, "data: {value: 1}\nbroken: {whole: 'no'}\ncells: {pairs: [[a, b], [b, a]]}\n")
    (project / "meet.py").write_text(MEET, encoding="utf-8")
    (project / "selection").mkdir()
    (project / "selection/dvc.yaml").write_text(OPTIONAL, encoding="utf-8")

    first = transferline(project, "run", "table")

    cells = {"cell@pair0": "ran", "cell@pair1": "ran"}
    assert {"data": "ran", **cells, "table": "ran"} == outcomes(first), first.stdout + first.stderr

    second = transferline(project, "run", "table", "--set", "cells.pairs=[[a, b], [b, a], [c, a]]")

    kept = dict.fromkeys(cells, "cached")
    assert {"data": "cached", **kept, "cell@pair2": "ran", "table": "ran"} == outcomes(second), second.stdout
    assert "a\nb\nc\n" == (project / "table.txt").read_text(encoding="utf-8")


def test_another_dvc_process_is_waited_for(make_project, tmp_path: Path) -> None:
    project = make_project(
        """\
        stages:
          slow: {cmd: python sleep.py 12 && echo > slow.txt, outs: [slow.txt]}
          next: {cmd: echo > next.txt, deps: [slow.txt], outs: [next.txt]}
        """
    )
    (project / "sleep.py").write_text(SLEEP, encoding="utf-8")
    with subprocess.Popen([sys.executable, "-m", "dvc", "repro", "slow"], cwd=project, env=with_path()) as other:
        wait_for(lambda: "slow.txt" in lock_text(project))
        done = transferline(project, "run", "next", "--set", "line.lock_retry_seconds=1.0")
        other.wait()

    assert 0 == done.returncode, done.stdout + done.stderr
    assert {"slow": "cached", "next": "ran"} == outcomes(done)


def lock_text(project: Path) -> str:
    lock = project / ".dvc" / "tmp" / "rwlock"
    return lock.read_text(encoding="utf-8") if lock.exists() else ""


def with_path() -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_the_line_stops_its_stages(make_project, tmp_path: Path, number: signal.Signals) -> None:
    project = make_project("stages:\n  slow: {cmd: python sleep.py 311.4159, outs: [slow.txt]}\n")
    (project / "sleep.py").write_text(SLEEP, encoding="utf-8")
    log = tmp_path / "log"
    with log.open("w", encoding="utf-8") as out:
        process = start_in_background(project, out, "run")
        wait_for(lambda: "| at work" in log.read_text(encoding="utf-8"))
        assert alive("311.4159")
        process.send_signal(number)
        code = process.wait(60)

    assert code == (130 if number == signal.SIGINT else -signal.SIGTERM)
    assert (number == signal.SIGTERM) or "running again goes on from here" in log.read_text(encoding="utf-8")
    wait_for(lambda: not alive("311.4159") and not alive(str(project)), 30)


def alive(words: str) -> list[str]:
    """Return the programs that run with these words in their command or that have their working folder there."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = process.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            folder = str(process.joinpath("cwd").readlink())
        except OSError:
            continue
        if words in command or folder.startswith(words):
            found.append(command)
    return found


def test_a_schedule_runs_the_line(make_project, tmp_path: Path) -> None:
    project = make_project(
        """\
        stages:
          data:
            cmd: echo ${data.value} > data.txt
            params: [data]
            outs: [data.txt]
        """,
        "data: {value: 1}\n",
    )
    log = tmp_path / "log"
    with log.open("w", encoding="utf-8") as out:
        arguments = ["schedule", "--cron", "* * * * *", "--set", "data.value=2", "data"]
        process = start_in_background(project, out, *arguments)
        try:
            wait_for(lambda: process.poll() is not None or "everything asked for" in states_of_flows(project))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)

    assert "Serving" in log.read_text(encoding="utf-8")
    assert "everything asked for is up to date" in states_of_flows(project), log.read_text(encoding="utf-8")
    assert "2\n" == (project / "data.txt").read_text(encoding="utf-8")
    wait_for(lambda: not alive(str(project)), 30)


def states_of_flows(project: Path) -> str:
    try:
        return str(rows(project, "select name, message from flow_run_state"))
    except sqlite3.OperationalError:
        # Prefect's server has not made its tables yet.
        return ""
