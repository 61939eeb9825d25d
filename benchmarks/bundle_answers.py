"""Hold a bundle's predict.py against the line's own evaluation: on the whole test split, from the original files.

It runs in a process of its own that can import numpy, pillow, onnxruntime and Python's own modules, and nothing else.
"""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from transfer.data.detections import overlaps

# With the libraries that their wheels bring along.
IMPORTABLE = ("numpy", "numpy.libs", "PIL", "pillow.libs", "onnxruntime")
PROGRAM = """
import runpy, sys
site, program, *arguments = sys.argv[1:]
sys.path.append(site)
for name in ("torch", "pandas", "transfer", "receiver", "google.protobuf", "flatbuffers"):
    try:
        __import__(name)
    except ImportError:
        continue
    sys.exit(f"{name} can be imported")
sys.argv = [program, *arguments]
runpy.run_path(program, run_name="__main__")
"""


def answers(bundle: Path, files: Sequence[Path], *, task: str, site: Path) -> list[dict]:
    """Run predict.py of the bundle; `site` is an empty folder to put links to the three libraries into."""
    for name in IMPORTABLE if not any(site.iterdir()) else ():
        packages = Path(find_spec("numpy").origin).parents[1]
        if (packages / name).exists():
            (site / name).symlink_to(packages / name)
    command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, str(site), str(bundle / "predict.py")]
    # Below any score a detector answers with.
    options = ["--task", task, "--threshold", "0", "--threads", "1", "--bundle", str(bundle)]
    done = subprocess.run([*command, *options, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare_classifier(bundle: Path, images: Path, site: Path) -> dict[str, float]:
    """Return how many answers are others than in evidence/classifier_predictions.csv, and by how much they differ."""
    with (bundle / "evidence/classifier_predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = answers(bundle, [images / row["file"] for row in rows], task="classification", site=site)
    names = json.loads((bundle / "bundle.json").read_text())["tasks"]["classification"]["categories"]
    expected = np.array([[float(row[f"p_{name}"]) for name in names] for row in rows])
    given = np.array([[answer["probabilities"][name] for name in names] for answer in found])
    return {
        "images": len(rows),
        "other_labels": sum(row["predicted"] != answer["label"] for row, answer in zip(rows, found, strict=True)),
        "largest_difference": float(np.abs(expected - given).max()),
    }


def compare_detector(bundle: Path, images: Path, site: Path) -> dict[str, float]:
    """Return how many boxes have no partner in evidence/detector_detections.json, and by how much the others differ."""
    truth = json.loads((bundle / "evidence/detector_truth.json").read_text(encoding="utf-8"))
    numbers = {category["name"]: category["id"] for category in truth["categories"]}
    listed = json.loads((bundle / "evidence/detector_detections.json").read_text(encoding="utf-8"))
    found = answers(bundle, [images / image["file_name"] for image in truth["images"]], task="detection", site=site)
    boxes = alone = 0
    scores, pixels = [0.0], [0.0]
    for image, answer in zip(truth["images"], found, strict=True):
        left = [(r["category_id"], r["score"], _corners(r["bbox"])) for r in listed if r["image_id"] == image["id"]]
        right = [(numbers[box["label"]], box["score"], box["box"]) for box in answer["boxes"]]
        boxes += len(left)
        alone += abs(len(left) - len(right))
        for category, score, corners in left:
            same = [other for other in right if other[0] == category]
            if not same:
                alone += 1
                continue
            partner = max(same, key=lambda other: _overlap(corners, other[2]) - abs(score - other[1]))
            right.remove(partner)
            scores.append(abs(score - partner[1]))
            pixels.append(max(abs(a - b) for a, b in zip(corners, partner[2], strict=True)))
    return {
        "images": len(found),
        "boxes": boxes,
        "without_partner": alone,
        "largest_score_difference": max(scores),
        "largest_pixel_difference": max(pixels),
    }


def _corners(box: Sequence[float]) -> list[float]:
    left, top, width, height = box
    return [left, top, left + width, top + height]


def _overlap(left: Sequence[float], right: Sequence[float]) -> float:
    return float(overlaps(np.array([left]), np.array([right]))[0, 0])
