"""A line of three stages that take no time: what is right follows from numbers, so every effect is known."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from pipelines.environment import for_stages
from tests.pipelines.conftest import git

DVC_YAML = """\
    stages:
      ingest_data:
        cmd: python stages/ingest_data.py
        deps: [data/raw, stages/ingest_data.py]
        params: [ingest_data]
        outs: [data/ingested, data/splits]
      fetch_backbone:
        cmd: python stages/fetch_backbone.py
        deps: [data/weights.txt, stages/fetch_backbone.py]
        params: [fetch_backbone]
        outs: [models/backbone]
      evaluate_classifier:
        cmd: python stages/evaluate_classifier.py
        deps: [data/ingested, models/backbone, stages/evaluate_classifier.py]
        params: [evaluate_classifier]
        metrics: [reports/classifier/metrics.json: {cache: false}]
        outs: [reports/classifier/predictions.csv]
    """
PARAMS = """\
    ingest_data: {source: csv}
    fetch_backbone: {file: data/weights.txt}
    evaluate_classifier: {skill: 4}
    """
# Tables for the comparison in Parquet, and for the stage behind in CSV, as pandas takes a second to start.
INGEST = """\
    import csv, hashlib, pathlib, shutil
    import pyarrow as pa, pyarrow.parquet as pq
    rows = list(csv.DictReader(open("data/raw/images.csv")))
    boxes = list(csv.DictReader(open("data/raw/boxes.csv")))
    ingested, splits = pathlib.Path("data/ingested"), pathlib.Path("data/splits")
    for folder in (ingested, splits):
        folder.mkdir(parents=True, exist_ok=True)
    numbers = {row["file"]: number for number, row in enumerate(rows)}
    images = [{"image_id": numbers[row["file"]], "file": row["file"], "label": row["label"], "width": 8, "height": 8,
               "sha256": hashlib.sha256(row["content"].encode()).hexdigest(), "group": row["group"]} for row in rows]
    pq.write_table(pa.Table.from_pylist(images), ingested / "images.parquet")
    corners = ("x_min", "y_min", "x_max", "y_max")
    table = [{"image_id": numbers[box["file"]], "category": box["category"], "crowd": False,
              **{corner: float(box[corner]) for corner in corners}} for box in boxes]
    pq.write_table(pa.Table.from_pylist(table), ingested / "boxes.parquet")
    placed = [{"image_id": numbers[row["file"]], "split": row["split"]} for row in rows]
    pq.write_table(pa.Table.from_pylist(placed), splits / "splits.parquet")
    shutil.copy("data/raw/images.csv", ingested / "images.csv")
    """
FETCH = """\
    import json, pathlib
    folder = pathlib.Path("models/backbone")
    folder.mkdir(parents=True, exist_ok=True)
    quality = int(pathlib.Path("data/weights.txt").read_text())
    lineage = [{"stage": "fetch_backbone", "quality": quality}]
    (folder / "facts.json").write_text(json.dumps({"lineage": lineage}))
    """
EVALUATE = """\
    import csv, json, pathlib, re
    skill = int(re.search(r"skill: (\\d+)", pathlib.Path("params.yaml").read_text()).group(1))
    facts = json.loads(pathlib.Path("models/backbone/facts.json").read_text())
    reach = skill + facts["lineage"][0]["quality"] + BONUS
    test = [row for row in csv.DictReader(open("data/ingested/images.csv")) if row["split"] == "test"]
    right = [int(row["content"]) < reach for row in test]
    answers = [row["label"] if good else "neither" for row, good in zip(test, right)]
    folder = pathlib.Path("reports/classifier")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "predictions.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\\n")
        writer.writerow(["image_id", "file", "label", "predicted"])
        writer.writerows([n, row["file"], row["label"], answer] for n, (row, answer) in enumerate(zip(test, answers)))
    classes = sorted({row["label"] for row in test})
    recall = {name: sum(g for g, r in zip(right, test) if r["label"] == name) / sum(r["label"] == name for r in test)
              for name in classes}
    found = {"accuracy": sum(right) / len(right), "num_images": len(test),
             "per_class": {name: {"recall": value} for name, value in recall.items()}}
    (folder / "metrics.json").write_text(json.dumps(found))
    """
IMAGES = ["file,content,label,split,group"] + [
    f"{'ab'[n % 2]}/{n:02}.png,{n},{'ab'[n % 2]},{'test' if n < 10 else 'train'},{'left' if n < 5 else 'right'}"
    for n in range(14)
]
BOXES = [
    "file,category,x_min,y_min,x_max,y_max",
    "a/00.png,dent,0,0,4,4",
    "a/00.png,spot,4,4,8,8",
    "b/01.png,dent,1,1,3,3",
]

MakeLine = Callable[[], Path]


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory, empty_project: Path) -> Path:
    """Make the line, run it and commit, once."""
    project = tmp_path_factory.mktemp("line") / "project"
    shutil.copytree(empty_project, project)
    for path, text in {
        "dvc.yaml": DVC_YAML,
        "params.yaml": PARAMS,
        ".gitignore": ".prefect/\n/data/ingested/\n/data/splits/\n/models/\n/reports/\n",
        "data/raw/images.csv": "\n".join(IMAGES),
        "data/raw/boxes.csv": "\n".join(BOXES),
        "data/weights.txt": "1",
        "stages/ingest_data.py": INGEST,
        "stages/fetch_backbone.py": FETCH,
        "stages/evaluate_classifier.py": "BONUS = 0\n" + dedent(EVALUATE),
    }.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(dedent(text) + "\n", encoding="utf-8")
    run_and_commit(project)
    return project


@pytest.fixture
def line(tmp_path: Path, first_run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the line after its first run."""
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    project = tmp_path / "project"
    shutil.copytree(first_run, project)
    return project


def run_line(project: Path) -> None:
    """Bring the line up to date."""
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], cwd=project, check=True, env=for_stages())


def run_and_commit(project: Path) -> None:
    """Bring the line up to date and commit everything."""
    run_line(project)
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Run")


def replace(file: Path, *pairs: tuple[str, str]) -> None:
    """Replace texts that are in the file."""
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
