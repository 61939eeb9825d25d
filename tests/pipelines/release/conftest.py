"""Bundles whose evidence is made up but well formed, and a project to promote them in."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.pipelines.conftest import git
from tests.receiver import tiny_bundle
from tests.receiver.tiny_bundle import CATEGORIES, write_json

PARAMS = Path(__file__).parents[3] / "params.yaml"
NUM_IMAGES = 120
BOX = [10.0, 10.0, 20.0, 20.0]

MakeBundle = Callable[..., Path]


def make(folder: Path, **facts: Any) -> Path:
    """Write a sealed bundle; see `fill` for what can be said of it."""
    tasks = facts.pop("tasks", ("classification", "detection"))
    tiny_bundle.make(folder, tasks)
    fill(folder, tasks=tasks, **facts)
    return tiny_bundle.seal(folder)


def fill(
    folder: Path,
    *,
    version: str = "1.0.0",
    tasks: Sequence[str],
    right: int = 100,
    found: int = 100,
    images: Sequence[int] = range(NUM_IMAGES),
    parity: float = 0.0,
    uncommitted: bool = False,
    padding: int = 0,
) -> None:
    """Say of a bundle that the first `right` images are answered right, and the defects of the first `found` found."""
    described = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    write_json(folder / "bundle.json", {**described, "name": "steel", "version": version})
    write_json(folder / "lineage" / "lineage.json", {"git": {"revision": "0" * 40, "uncommitted": uncommitted}})
    _write_inputs(folder)
    if "classification" in tasks:
        _classified(folder / "evidence", right=right, images=images, parity=parity)
    if "detection" in tasks:
        _detected(folder / "evidence", found=found, images=images)
    if padding:
        (folder / "padding.txt").write_text("x" * padding, encoding="utf-8")


def _write_inputs(folder: Path) -> None:
    inputs = folder / "golden" / "inputs"
    inputs.mkdir(parents=True)
    for number in range(2):
        pixels = np.full((8, 8, 3), 60 * number, np.uint8)
        Image.fromarray(pixels).save(inputs / f"{number}.png")


def _classified(evidence: Path, *, right: int, images: Sequence[int], parity: float) -> None:
    evidence.mkdir(exist_ok=True)
    lines = ["image_id,file,sha256,label,predicted,confidence"]
    for place, number in enumerate(images):
        label = CATEGORIES[number % 3]
        # Another class each time, so that no class is wrong as a whole.
        answer = label if place < right else CATEGORIES[(number + 1) % 3]
        lines.append(f"{number},{number}.png,{number:064x},{label},{answer},0.9")
    (evidence / "classifier_predictions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_json(evidence / "classifier_parity.json", {"max_abs_difference": parity, "num_disagreements": 0})


def _detected(evidence: Path, *, found: int, images: Sequence[int]) -> None:
    evidence.mkdir(exist_ok=True)
    shown = [{"id": number, "file_name": f"{number}.png", "sha256": f"{number:064x}"} for number in images]
    truth = {
        "images": shown,
        "categories": [{"id": place, "name": name} for place, name in enumerate(CATEGORIES, start=1)],
        "annotations": [
            {"id": place, "image_id": number, "category_id": number % 3 + 1, "bbox": BOX, "area": 400.0, "iscrowd": 0}
            for place, number in enumerate(images, start=1)
        ],
    }
    detections = [
        {"image_id": number, "category_id": number % 3 + 1, "bbox": BOX, "score": round(1 - place / 1000, 3)}
        for place, number in enumerate(images)
        if place < found
    ]
    write_json(evidence / "detector_truth.json", truth)
    write_json(evidence / "detector_detections.json", detections)
    parity = {"AP_torch": 0.5, "AP_onnx": 0.5, "num_matched": 100, "num_unmatched": 0}
    write_json(evidence / "detector_parity.json", parity)


@pytest.fixture
def make_bundle(tmp_path: Path) -> MakeBundle:
    """Return a function that makes a bundle in a folder of the given name."""
    return lambda name, **facts: make(tmp_path / "bundles" / name, **facts)


@pytest.fixture
def project(tmp_path: Path, empty_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC project on a branch, with the gates of the line's own params.yaml and someone who decides."""
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    # What this machine's user has set is not what other machines have.
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    folder = tmp_path / "project"
    shutil.copytree(empty_project, folder)
    gates = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))["promote"]
    # Of models of a few bytes, timed beside other tests, one may well take twice as long as its equal.
    gates["latency"] |= {"max_ratio": 50.0, "rounds": 2}
    (folder / "params.yaml").write_text(yaml.safe_dump({"promote": gates}, sort_keys=False), encoding="utf-8")
    (folder / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.com")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Start")
    return folder


def set_gate(project: Path, section: str, **values: Any) -> None:
    """Change values in a section of the gates, and commit."""
    params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    place = params["promote"][section] if section else params["promote"]
    place.update(values)
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    git(project, "commit", "--quiet", "--all", "--message", "Set a gate")


def dvc(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout
