"""The five stages of the detector, one after the other, on drawn squares."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from torch import nn

from stages import augment_data, evaluate_detector, export_detector, fetch_detector, finetune_detector, warmup_detector
from stages.params import Runtime
from transfer import checkpoint
from transfer.data import dataset
from transfer.data.dataset import BOX_SCHEMA, IMAGE_SCHEMA, Dataset
from transfer.errors import DataError, ParityError, WeightsError
from transfer.models import stem, zoo
from transfer.training import detection

RUNTIME = Runtime(seed=0, threads=1, device="cpu", precision="fp32")
CLAHE = {"share": 0.0, "clip_limit": 2.0, "grid": 8}
STYLE = {"image_size": 64, "num_views": 1, "policy": "flips", "clahe": CLAHE}
WARMUP = {
    "body": "models/backbone",
    "strides": (8, 16, 32),
    "pyramid_channels": 16,
    "anchor_sizes": ((24,), (32,), (40,), (64,)),
    "aspect_ratios": (1.0,),
    "canonical_scale": 56,
    "box_width": 32,
    "train_proposals": (60, 30),
    "test_proposals": (40, 20),
    "anchors_per_image": 32,
    "regions_per_image": 16,
    "score_threshold": 0.05,
    "nms_threshold": 0.5,
    "detections_per_image": 10,
    "epochs": 2,
    "batch_size": 4,
    "learning_rate": 0.002,
    "weight_decay": 0.01,
    "warmup": 0.1,
    "clip_norm": 5.0,
    "feature_cache_mib": 64,
}
FINETUNE = {
    "pyramid_epochs": 1,
    "epochs": 2,
    "batch_size": 4,
    "learning_rate": 0.002,
    "decay": 1.5,
    "weight_decay": 0.01,
    "warmup": 0.1,
    "clip_norm": 5.0,
    "patience": 9,
}
EXPORT = {"least_overlap": 0.9, "max_ap_difference": 0.001, "max_unmatched": 0.05, "max_score_difference": 0.001}
SPLITS = ("train",) * 8 + ("val",) * 4 + ("test",) * 5


def draw_dataset(folder, *, with_boxes=True):
    (folder / "images").mkdir(parents=True)
    generator = np.random.default_rng(0)
    images, boxes = [], []
    for image_id in range(len(SPLITS)):
        width, height, side, kind = 100, 60 + 10 * (image_id % 3), int(generator.integers(25, 50)), image_id % 2
        left, top = int(generator.integers(0, width - side)), int(generator.integers(0, height - side))
        pixels = generator.integers(100, 140, (height, width, 3), dtype=np.uint8)
        pixels[top : top + side, left : left + side] = 20 if kind else 235
        path = folder / "images" / f"{image_id:02d}.png"
        Image.fromarray(pixels).save(path)
        facts = {
            "image_id": image_id,
            "file": path.name,
            "bytes": path.stat().st_size,
            "width": width,
            "height": height,
        }
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        images.append({**facts, "sha256": digest, "mode": "RGB", "format": "PNG", "orientation": 1})
        corners = {"x_min": left, "y_min": top, "x_max": left + side, "y_max": top + side}
        boxes.append({"box_id": image_id, "image_id": image_id, "category": ("bright", "dark")[kind], **corners})
    table = pd.DataFrame(boxes if with_boxes else [], columns=BOX_SCHEMA.names).assign(crowd=False)
    data = Dataset(
        folder / "images", pd.DataFrame(images, columns=IMAGE_SCHEMA.names), table, (), ("bright", "dark"), "drawn"
    )
    dataset.write(folder, data)


@pytest.fixture
def line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_dataset(Path("data/ingested"))
    prepare_inputs()
    yield
    torch.use_deterministic_algorithms(False)


def prepare_inputs():
    Path("data/splits").mkdir()
    pd.DataFrame({"image_id": range(len(SPLITS)), "split": SPLITS}).to_parquet("data/splits/splits.parquet")
    params = augment_data.AugmentDataParams(classifier=STYLE, detector=STYLE, sheet_images=1)
    augment_data.run(params, RUNTIME)
    torch.manual_seed(0)
    body = zoo.build("mobilenet_v3_small", nn.Identity())
    facts = checkpoint.Facts(kind="backbone", architecture="mobilenet_v3_small", mean=(0.5,) * 3, std=(0.25,) * 3)
    checkpoint.save(Path("models/backbone"), facts, body.state_dict())


def warm_up(**changes):
    warmup_detector.run(warmup_detector.WarmupDetectorParams(**{**WARMUP, **changes}), RUNTIME)
    return checkpoint.load(Path("models/warmed_detector"))


def fine_tune():
    finetune_detector.run(finetune_detector.FinetuneDetectorParams(**FINETUNE), RUNTIME)
    return checkpoint.load(Path("models/detector"))


def evaluate():
    params = evaluate_detector.EvaluateDetectorParams(pictures=2, shown_score=0.3, shown_overlap=0.5)
    evaluate_detector.run(params, RUNTIME)
    return json.loads(Path("reports/detector/metrics.json").read_text())


def export(**changes):
    export_detector.run(export_detector.ExportDetectorParams(**{**EXPORT, **changes}), RUNTIME)
    return json.loads(Path("reports/parity/detector.json").read_text())


def contents(*folders):
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.slow
def test_the_whole_row_trains_measures_and_exports_the_same_bytes_each_time(line):
    outs = ("models/warmed_detector", "models/detector", "models/onnx", "reports")
    _, warmed = warm_up()
    facts, tuned = fine_tune()
    metrics, parity = evaluate(), export()
    first = contents(*outs)
    warm_up()
    fine_tune()
    evaluate()
    export()

    assert contents(*outs) == first
    body = [name for name in tuned if name.startswith("backbone.body.")]
    assert any(not torch.equal(tuned[name], warmed[name]) for name in body)
    assert [entry["stage"] for entry in facts.lineage] == ["warmup_detector", "finetune_detector"]
    assert (facts.kind, facts.categories, facts.image_size) == ("detector", ("bright", "dark"), 64)
    assert {"AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "num_images", "per_class"} <= set(metrics)
    assert metrics["num_images"] == parity["num_images"] == 5
    assert parity["AP_torch"] == pytest.approx(metrics["AP"])
    assert parity["AP_torch"] == pytest.approx(parity["AP_onnx"])
    assert parity["num_unmatched"] == 0
    assert {path.name for path in Path("reports/detector/pictures").iterdir()} == {"worst.png", "best.png"}
    assert len(pd.read_csv("reports/training/detector.csv")) == 3
    assert onnx.load_model("models/onnx/detector.onnx").graph.input[0].name == "image"


def test_warm_up_leaves_the_body_alone_and_needs_no_cache(line):
    fetch_detector.run(fetch_detector.FetchDetectorParams(source="none", file="", model=""))
    facts, warmed = warm_up(epochs=1)
    _, recomputed = warm_up(epochs=1, feature_cache_mib=0)
    assert facts.build["layers"] == ["features.3", "features.8", "features.12"]
    for name, tensor in warmed.items():
        torch.testing.assert_close(recomputed[name], tensor, rtol=0.05, atol=0.01)
        if name.startswith("backbone.body."):
            assert torch.equal(recomputed[name], tensor)


@pytest.mark.slow
def test_an_earlier_detector_is_the_body_of_the_next_for_other_categories(line):
    warm_up(epochs=1)
    source, before = fine_tune()
    params = fetch_detector.FetchDetectorParams(source="file", file="models/detector", model="")
    fetch_detector.run(params)
    facts, after = warm_up(body="models/pretrained_detector", epochs=1, pyramid_channels=64)

    kept = [name for name in before if name.startswith(("backbone.body.", "backbone.fpn."))]
    assert all(torch.equal(before[name], after[name]) for name in kept)
    assert facts.build["pyramid_channels"] == source.build["pyramid_channels"] == 16
    stages = ["warmup_detector", "finetune_detector", "fetch_detector", "warmup_detector"]
    assert [entry["stage"] for entry in facts.lineage] == stages


def test_without_a_pretrained_detector_it_cannot_be_the_body(line):
    fetch_detector.run(fetch_detector.FetchDetectorParams(source="none", file="", model=""))
    with pytest.raises(WeightsError, match=r"fetch_detector\.source is 'none'"):
        warm_up(body="models/pretrained_detector")


def test_a_body_without_maps_for_a_pyramid_cannot_carry_a_detector(line):
    facts = checkpoint.Facts(kind="backbone", architecture="swin_t", mean=(0.5,) * 3, std=(0.25,) * 3)
    checkpoint.save(Path("models/backbone"), facts, {})
    with pytest.raises(WeightsError, match=r"a detector cannot stand on 'swin_t'.*one of: resnet18, .*convnext_tiny"):
        warm_up()


def test_a_body_of_other_channels_cannot_carry_a_detector(line):
    facts, tensors = checkpoint.load(Path("models/backbone"))
    checkpoint.save(Path("models/backbone"), *stem.widen(facts, tensors, 4))
    with pytest.raises(WeightsError, match=r"warmup_detector\.body: it reads 4 channels, and a detector stands on"):
        warm_up()


@pytest.mark.parametrize("stage", [warm_up, fine_tune])
def test_a_killed_stage_goes_on_from_its_last_epoch_to_the_same_bytes(line, monkeypatch, stage):
    if stage is fine_tune:
        warm_up(epochs=1)
    out = {warm_up: "models/warmed_detector", fine_tune: "models/detector"}[stage]
    stage()
    expected = contents(out)
    batches = detection.DetectionTask.batches

    def killed(self, epoch):
        if epoch == 1:
            raise KeyboardInterrupt
        yield from batches(self, epoch)

    monkeypatch.setattr(detection.DetectionTask, "batches", killed)
    with pytest.raises(KeyboardInterrupt):
        stage()
    monkeypatch.setattr(detection.DetectionTask, "batches", batches)
    # What comes before the kill must not be computed again.
    begun = []
    monkeypatch.setattr(detection.DetectionTask, "batches", lambda self, e: (begun.append(e), batches(self, e))[1])
    stage()

    assert begun[0] == 1
    assert contents(out) == expected


def test_an_export_beyond_the_limits_leaves_no_file(line):
    warm_up(epochs=1)
    Path("models/warmed_detector").rename("models/detector")
    with pytest.raises(ParityError, match="score of a matched pair"):
        export(max_score_difference=0.0)
    assert not Path("models/onnx/detector.onnx").exists()
    assert json.loads(Path("reports/parity/detector.json").read_text())["num_images"] == 5


def test_data_without_boxes_stop_the_detector_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_dataset(Path("data/ingested"), with_boxes=False)
    prepare_inputs()
    with pytest.raises(DataError, match="split 'train' has no boxes, so no detector can be trained on it"):
        warm_up()
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strides": (16, 8, 32)}, r"strides must rise, found \[16, 8, 32\]"),
        ({"anchor_sizes": ((24,), (32,))}, "needs 4 lists of equal length, .* found 2 of lengths"),
        ({"anchor_sizes": ((24,), (32,), (40, 50), (64,))}, r"found 4 of lengths \[1, 1, 2, 1\]"),
    ],
)
def test_anchors_that_do_not_fit_the_maps_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        warmup_detector.WarmupDetectorParams(**{**WARMUP, **changes})
