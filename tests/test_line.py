"""The whole line in a clone, with params so small that it takes minutes: by the flow, by DVC alone, and again."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest
import yaml

from benchmarks import bundle_answers

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
TINY = {
    "runtime": {"threads": 1, "device": "cpu"},
    "ingest_data": {"generated": {"images_per_class": 24, "image_size": 64}},
    "fetch_backbone": {"architecture": "mobilenet_v3_small", "formula": {"num_images": 128, "image_size": 32}},
    "augment_data": {
        "classifier": {"image_size": 32, "num_views": 1},
        "detector": {"image_size": 64, "num_views": 1},
    },
    "warmup_classifier": {"epochs": 2},
    "strategies": {
        "gradual": {"phases": [{"train": "all", "epochs": 1, "rates": {"head": 0.002, "decay": 1.5}, "schedule": None}]}
    },
    "explain_classifier": {"embedding": {"perplexity": 5.0}},
    "selection": {
        "strategies": ["linear_probe", "gradual"],
        "sizes": [4, "all"],
        "seeds": [0],
        "sweep": {"strategy": "gradual", "rates": [0.001, 0.00001]},
    },
    "warmup_detector": {"epochs": 1},
    "finetune_detector": {"epochs": 1},
    # Untrained detectors answer with many equal scores, whose order is anybody's guess.
    "export_detector": {"max_unmatched": 1.0, "max_ap_difference": 1.0},
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone of the project, as committed, with the tiny params, brought up to date by the flow."""
    folder = tmp_path_factory.mktemp("line") / "clone"
    git_clone(folder)
    overlay = folder.parent / "tiny.yaml"
    overlay.write_text(yaml.safe_dump(TINY))
    printed = run(folder, "transferline", "run", "--params", str(overlay))
    return folder, printed


def git_clone(folder):
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(folder)], check=True)


def run(folder, program, *arguments):
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [str(BIN / program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


def hashes(folder):
    """The hash of every output, as dvc.lock has them, and the report without the times in it."""
    stages = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    found = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
    page = (folder / "reports/index.html").read_text()
    return found | {"reports/index.html": re.sub(r"<time data-measured.*?</time>", "", page, flags=re.DOTALL)}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_flow_writes_what_others_rely_on(clone):
    folder, printed = clone

    assert "models/onnx/classifier.onnx" in printed
    for path, keys in {
        "reports/validation/result.json": {"success", "findings"},
        "reports/classifier/metrics.json": {"accuracy", "macro_f1", "ece", "num_images", "per_class"},
        "reports/detector/metrics.json": {
            *("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "num_images", "per_class")
        },
        "reports/parity/classifier.json": {"accuracy_torch", "accuracy_onnx", "max_abs_difference", "num_images"},
        "reports/parity/detector.json": {"AP_torch", "AP_onnx", "num_matched", "num_unmatched", "num_images"},
    }.items():
        assert keys <= json.loads((folder / path).read_text()).keys()
    for name in ("classifier", "detector"):
        session = onnxruntime.InferenceSession(folder / f"models/onnx/{name}.onnx")
        assert "scratches" in session.get_modelmeta().custom_metadata_map["categories"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_bundle_answers_as_the_lines_own_evaluation(clone, tmp_path):
    folder, _ = clone
    bundle, images = folder / "handoff/bundle", folder / "data/ingested/images"

    assert "golden inputs were answered as expected" in run(folder, "transferline", "verify", "handoff/bundle.zip")
    classifier = bundle_answers.compare_classifier(bundle, images, tmp_path)
    assert classifier["images"] == 21
    assert classifier["other_labels"] == 0
    assert classifier["largest_difference"] < 1e-5
    detector = bundle_answers.compare_detector(bundle, images, tmp_path)
    assert detector["boxes"] > 100
    assert detector["without_partner"] == 0
    assert detector["largest_score_difference"] < 1e-5
    # detections.json has thousandths of a pixel.
    assert detector["largest_pixel_difference"] < 0.01


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_afterwards_dvc_finds_nothing_to_do(clone):
    folder, _ = clone

    assert "Data and pipelines are up to date" in run(folder, "dvc", "repro")
    assert "accuracy" in run(folder, "dvc", "metrics", "show")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_dvc_alone_in_another_clone_gives_the_same_hashes(clone, tmp_path):
    folder, _ = clone
    git_clone(tmp_path / "other")
    (tmp_path / "other/params.yaml").write_text((folder / "params.yaml").read_text())
    run(tmp_path / "other", "dvc", "repro", "--force")

    assert hashes(tmp_path / "other") == hashes(folder)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        # The bundle has the values of every stage that led to it.
        ("worst_pictures: 12", "worst_pictures: 11", {"evaluate_classifier", "package_handoff"}),
        ("neighbours: 5", "neighbours: 4", {"explain_classifier"}),
        ("  pictures: 12", "  pictures: 11", {"evaluate_detector", "package_handoff"}),
        ("max_abs_difference: 0.001", "max_abs_difference: 0.002", {"export_classifier", "package_handoff"}),
        ("min_change: -0.05", "min_change: -0.01", set()),
    ],
)
def test_one_changed_value_makes_exactly_its_stages_stale(clone, old, new, stale):
    folder, _ = clone
    params = folder / "params.yaml"
    text = params.read_text()
    assert text.count(old) == 1
    try:
        params.write_text(text.replace(old, new))
        # The report shows all of params.yaml.
        changed = {*stale, "build_report"}
        assert set(json.loads(run(folder, "dvc", "status", "dvc.yaml", "--json"))) == changed
    finally:
        params.write_text(text)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tournament_runs_beside_the_line_and_its_cells_only_once(clone):
    folder, printed = clone
    assert "train_cell" not in printed

    first = run(folder, "transferline", "run", "compare", "--set", "line.max_parallel=2")

    assert "Use " in first
    comparison = json.loads((folder / "reports/selection/comparison.json").read_text())
    assert (4, 1) == (comparison["num_entries"], comparison["num_seeds"])
    result = json.loads((folder / "reports/selection/cells/gradual-backbone-4-0/result.json").read_text())
    assert (4 * 6, "gradual", 4) == (result["num_train_images"], result["strategy"], result["size"])
    pictures = {picture.name for picture in (folder / "reports/selection/pictures").iterdir()}
    assert {"accuracy_by_size.png", "learning_rates.png"} <= pictures

    second = run(
        folder, "transferline", "run", "compare", "--set", "selection.sizes=[4]", "--set", "selection.seeds=[0,1]"
    )

    outcomes = dict(re.findall(r"^(train_cell@\S+) +(ran|cached)", second, flags=re.MULTILINE))
    assert outcomes == {f"train_cell@{s}-backbone-4-0": "cached" for s in ("linear_probe", "gradual")} | {
        f"train_cell@{s}-backbone-4-1": "ran" for s in ("linear_probe", "gradual")
    }
    assert "Data and pipelines are up to date" in run(folder, "dvc", "repro", "selection/dvc.yaml:compare")
