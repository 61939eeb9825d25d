"""A line of three stages, each a few lines of Python, that has been run and committed: what crimes are committed on."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.environment import for_stages
from tests.pipelines.conftest import git

ROOT = Path(__file__).resolve().parents[3]

DVC_YAML = """\
stages:
  read:
    cmd: python -m line.read
    deps: [images, line/read.py, line/surroundings.py]
    outs: [made/table.csv, reports/environment/read.json]
  train:
    cmd: python -m line.train
    deps: [made/table.csv, weights/body.npy, line/train.py, line/surroundings.py]
    params: [train]
    outs: [made/model, reports/environment/train.json]
  measure:
    cmd: python -m line.measure
    deps: [made/table.csv, made/model, line/measure.py, line/surroundings.py]
    metrics: [made/metrics.json]
    outs: [made/page.html, reports/environment/measure.json]
"""

PARAMS = """\
audit:
  tensors: {absolute: 1.0e-6, relative: 1.0e-4}
  numbers: {absolute: 1.0e-6, relative: 1.0e-4}
  pixels: {absolute: 1.0, relative: 0.0}
train: {rate: 0.5, seed: 0}
"""

CODE = {
    "surroundings.py": """\
import json, os, platform, sys
from importlib.metadata import version
from pathlib import Path

def leave(stage):
    record = {
        "python": platform.python_version(),
        "cpu": {"features": ["avx2"]},
        "variables": {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS")},
        "packages": {"numpy": version("numpy")},
    }
    path = Path("reports/environment", f"{stage}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2))
""",
    "read.py": """\
import csv, hashlib
from pathlib import Path
from line.surroundings import leave

files = sorted(Path("images").rglob("*.pgm"), key=lambda p: p.stem)
rows = [(p.stem, p.parent.name, sum(p.read_bytes())) for p in files]
Path("made").mkdir(exist_ok=True)
with Path("made/table.csv").open("w", newline="") as file:
    csv.writer(file, lineterminator="\\n").writerows([("image", "label", "sum"), *rows])
leave("read")
""",
    "train.py": """\
import csv, json
from pathlib import Path
import numpy, yaml
from safetensors.numpy import save_file
from line.surroundings import leave

params = yaml.safe_load(Path("params.yaml").read_text())["train"]
rows = list(csv.reader(Path("made/table.csv").open()))[1:]
body = numpy.load("weights/body.npy")
labels = sorted({label for _, label, _ in rows})
head = numpy.array([[params["rate"] * float(s) * (labels.index(l) + 1) for _, l, s in rows]], numpy.float32)
folder = Path("made/model")
folder.mkdir(parents=True, exist_ok=True)
save_file({"body": body, "head.weight": head}, folder / "model.safetensors")
(folder / "facts.json").write_text(json.dumps({"labels": labels, "seed": params["seed"]}))
leave("train")
""",
    "measure.py": """\
import json, time
from pathlib import Path
from safetensors.numpy import load_file
from line.surroundings import leave

tensors = load_file("made/model/model.safetensors")
mean = float(tensors["head.weight"].mean() + tensors["body"].mean())
Path("made/metrics.json").write_text(json.dumps({"mean": mean, "count": int(tensors["head.weight"].size)}))
Path("made/page.html").write_text(
    f"<h1>{mean:.3f}</h1>\\n<p>Took <time data-measured>{time.time()}</time></p>\\n")
leave("measure")
""",
}

IGNORED = "__pycache__/\n/images/\n/weights/\n/made/\n/reports/\n/.transferline/\n"


def dvc(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    # The stages say `python`, which has to be this one.
    done = subprocess.run(command, cwd=project, env=for_stages(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(project: Path) -> None:
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Next")


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory, empty_project: Path) -> Path:
    """Make the line once; tests change copies of it."""
    import numpy

    project = tmp_path_factory.mktemp("honest") / "project"
    shutil.copytree(empty_project, project)
    for name, text in CODE.items():
        (project / "line").mkdir(exist_ok=True)
        (project / "line" / name).write_text(text, encoding="utf-8")
    (project / "line" / "__init__.py").touch()
    (project / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (project / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (project / ".gitignore").write_text(IGNORED, encoding="utf-8")
    (project / ".dvcignore").write_text("__pycache__/\n", encoding="utf-8")
    for number in range(6):
        folder = project / "images" / ("crack", "dent")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.pgm").write_bytes(b"P5 2 2 255\n" + bytes([number, 2, 3, 4]))
    (project / "weights").mkdir()
    numpy.save(project / "weights" / "body.npy", numpy.arange(6, dtype=numpy.float32).reshape(2, 3))
    dvc(project, "repro", "--quiet")
    commit(project)
    return project


@pytest.fixture
def project(honest: Path, tmp_path: Path) -> Path:
    """Return a copy of the honest line: same sources, same cache, same history."""
    copy = tmp_path / "project"
    shutil.copytree(honest, copy, symlinks=True)
    return copy


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


Change = Callable[[str], str]


def edit(path: Path, change: Change) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert before != after
    path.write_text(after, encoding="utf-8")
