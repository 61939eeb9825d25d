"""selection/dvc.yaml as it is, with commands that only say what they were asked for, in a project of its own."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from stages import options, train_cell, train_rate
from stages.entry import options_of
from transfer.selection.cells import CELLS, RATES, Cell

ROOT = Path(__file__).resolve().parents[1]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
MATRIX = {"strategies": ["first", "second"], "backbones": ["backbone"], "sizes": [5, "all"], "seeds": [0]}
CANDIDATE = {"architecture": "resnet50", "source": "none", "file": "weights"}
SWEEP = {"strategy": "first", "backbone": "backbone", "size": 5, "seed": 0, "rates": [0.01, 0.000001]}
WRITE = """\
import sys, pathlib
for path in map(pathlib.Path, sys.argv[1:]):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("made")"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The stages with their matrices, params and outs, without code and with a command that writes their outs."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet", "--no-scm"], cwd=tmp_path, check=True)
    (tmp_path / "selection").mkdir()
    for folder in ("data/augmented/classifier", "models/backbone", "reports/selection/code.json"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_text("content")
    (tmp_path / "write.py").write_text(WRITE)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "weights").mkdir()
    stages = yaml.safe_load((ROOT / "selection/dvc.yaml").read_text(encoding="utf-8"))
    kept = {name: stages["stages"][name] for name in ("train_cell", "train_rate")}
    for stage in kept.values():
        stage["cmd"] = " ".join((shlex.join([sys.executable, "write.py"]), *stage["outs"]))
    kept["fetch_candidate"] = fetch = stages["stages"]["fetch_candidate"]
    fetch["do"]["cmd"] = shlex.join([sys.executable, "write.py", *fetch["do"]["outs"]])
    fetch["do"]["deps"] = [dep for dep in fetch["do"]["deps"] if not dep.endswith(".py")]
    (tmp_path / "selection/dvc.yaml").write_text(yaml.safe_dump({**stages, "stages": kept}, sort_keys=False))
    write_params(tmp_path, lambda params: None)
    return tmp_path


def write_params(project: Path, change: Callable[[dict[str, Any]], None]) -> None:
    strategies = {name: {"start": "backbone"} for name in ("first", "second", "third")}
    runtime = {**PARAMS["runtime"], "seed": 0}
    sections = {"recipe": {}, "warmup_classifier": {}, "runtime": runtime, "strategies": strategies}
    params = {**sections, "candidates": {}, "selection": {**MATRIX, "sweep": {**SWEEP}}}
    change(params)
    (project / "params.yaml").write_text(yaml.safe_dump(params))


@contextmanager
def opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    monkeypatch.chdir(project)
    with Repo() as repo:
        yield repo


def stale(project: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    with opened(project, monkeypatch) as repo:
        return {name.removeprefix("selection/dvc.yaml:") for name in repo.status()}


def test_what_is_new_makes_only_its_own_cells_stale(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(project, monkeypatch) as repo:
        repo.reproduce(["selection/dvc.yaml:train_cell", "selection/dvc.yaml:train_rate"])
    assert set() == stale(project, monkeypatch)

    write_params(project, lambda params: params["selection"].update(seeds=[7, 0], sizes=[5, "all"]))
    assert {cell(s, n, 7) for s in ("first", "second") for n in (5, "all")} == stale(project, monkeypatch)

    write_params(project, lambda params: params["selection"].update(sizes=[10, 5, "all"]))
    assert {cell(s, 10, 0) for s in ("first", "second")} == stale(project, monkeypatch)

    write_params(project, lambda params: params["selection"].update(strategies=["third", "second", "first"]))
    assert {cell("third", n, 0) for n in (5, "all")} == stale(project, monkeypatch)

    write_params(project, lambda params: params["selection"]["sweep"].update(rates=[0.001, 0.01]))
    assert {"train_rate@0.001"} == stale(project, monkeypatch)

    write_params(project, lambda params: params["runtime"].update(seed=1))
    assert set() == stale(project, monkeypatch)

    write_params(project, lambda params: params["runtime"].update(threads=params["runtime"]["threads"] + 1))
    assert 6 == len(stale(project, monkeypatch))


def cell(strategy: str, size: int | str, seed: int) -> str:
    return f"train_cell@{strategy}-backbone-{size}-{seed}"


def test_a_candidate_is_fetched_for_its_own_cells(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_candidates(**candidates: Any) -> None:
        narrow = {"strategies": ["first"], "sizes": [5], "backbones": ["backbone", *candidates]}
        write_params(project, lambda params: params["selection"].update(narrow) or params.update(candidates=candidates))

    with_candidates()
    with opened(project, monkeypatch) as repo:
        assert not [node for node in repo.index.stages if getattr(node, "name", "").startswith("fetch_candidate")]
        repo.reproduce(["selection/dvc.yaml:train_cell", "selection/dvc.yaml:train_rate"])

    with_candidates(resnet50=CANDIDATE)
    assert {"fetch_candidate@resnet50", "train_cell@first-resnet50-5-0"} == stale(project, monkeypatch)
    with opened(project, monkeypatch) as repo:
        repo.reproduce(["selection/dvc.yaml:train_cell"])
    assert (project / "models/resnet50").exists()
    assert set() == stale(project, monkeypatch)

    with_candidates(another=CANDIDATE, resnet50=CANDIDATE)
    assert {"fetch_candidate@another", "train_cell@first-another-5-0"} == stale(project, monkeypatch)

    with_candidates(resnet50={**CANDIDATE, "source": "file"})
    assert {"fetch_candidate@resnet50"} == stale(project, monkeypatch)


@pytest.mark.parametrize(("stage", "run"), [("train_cell", train_cell.run), ("train_rate", train_rate.run)])
def test_what_dvc_passes_on_is_what_the_stage_reads(stage: str, run: Callable[..., None]) -> None:
    with Repo(str(ROOT)) as repo:
        nodes = [node for node in repo.index.stages if getattr(node, "name", "").startswith(f"{stage}@")]
    assert nodes
    for node in nodes:
        given = options.read(shlex.split(node.cmd)[3:], options_of(run))
        folder = RATES / str(given.pop("rate")) if "rate" in given else CELLS / Cell(**given).name
        assert {folder / "result.json", folder / "cost.json"} == {
            Path(out.fs_path).relative_to(ROOT) for out in node.outs
        }
