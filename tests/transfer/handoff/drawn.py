"""A project in which all is made but the bundle, with models of a few bytes: tests/receiver/tiny_bundle.py."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import torch
from PIL import Image

from receiver.standalone import predict
from tests.receiver import tiny_bundle
from transfer import atomic, checkpoint
from transfer.data import dataset, detections
from transfer.data.dataset import BOX_SCHEMA, IMAGE_SCHEMA, Dataset
from transfer.evaluation import average_precision, classification, detection, detection_files, prediction_table
from transfer.handoff.layout import Part

CLASSES = tuple(tiny_bundle.CATEGORIES)
SPLITS = ("train",) * 3 + ("test",) * 6
SPEC = {"channels": 3}


def make(root: Path = Path()) -> list[Part]:
    """Write data, models and reports below a folder; return what a bundle is made of."""
    data = _data(root)
    parts = [
        Part("classification", *_paths(root, "classifier")),
        Part("detection", *_paths(root, "detector")),
    ]
    for part in parts:
        _model(part)
    _classifier_report(parts[0], data)
    _detector_report(parts[1], data, root / "data/splits")
    return parts


def _paths(root: Path, name: str) -> tuple[Path, Path, Path, Path]:
    model, report = root / "models" / name, root / "reports" / name
    return model, root / f"models/onnx/{name}.onnx", report, root / f"reports/parity/{name}.json"


def _data(root: Path) -> Dataset:
    source = root / "data/ingested/images"
    source.mkdir(parents=True)
    images, boxes = [], []
    generator = np.random.default_rng(0)
    for image_id in range(len(SPLITS)):
        kind = image_id % 3
        pixels = generator.integers(0, 60, (20 + image_id, 30, 3), dtype=np.uint8)
        pixels[:, :, kind] += 120
        path = source / f"{image_id}.png"
        Image.fromarray(pixels).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        known = {"image_id": image_id, "file": path.name, "sha256": digest, "bytes": path.stat().st_size}
        size = {"width": 30, "height": 20 + image_id, "mode": "RGB", "format": "PNG", "orientation": 1}
        images.append({**known, **size, "label": CLASSES[kind]})
        corners = dict(zip(dataset.CORNERS, (7.0, 5.0, 29.0, 19.0), strict=True))
        boxes.append({"box_id": image_id, "image_id": image_id, "category": CLASSES[0], **corners, "crowd": False})
    table = pd.DataFrame(images, columns=IMAGE_SCHEMA.names)
    data = Dataset(
        source, table, pd.DataFrame(boxes, columns=BOX_SCHEMA.names), CLASSES, CLASSES, "0123456789abcdef0123"
    )
    dataset.write(root / "data/ingested", data)
    (root / "data/splits").mkdir()
    pd.DataFrame({"image_id": range(len(SPLITS)), "split": SPLITS}).to_parquet(root / "data/splits/splits.parquet")
    splits = {"train": {"images": 3, "classes": dict.fromkeys(CLASSES, 1)}, "test": {"images": 6, "classes": {}}}
    summary = {"num_groups": 9, "num_straddling_groups": 0, "leaked_share": 0.0, "splits": splits}
    atomic.write_json(root / "data/splits/summary.json", summary)
    gate = {"success": True, "counts": [{"finding": "odd", "count": 2, "action": "warn"}]}
    atomic.write_json(root / "reports/validation/result.json", gate)
    return data


def _model(part: Part) -> None:
    kind = "classifier" if part.task == "classification" else "detector"
    made = tiny_bundle.classifier() if kind == "classifier" else tiny_bundle.detector()
    part.onnx.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(made, part.onnx)
    facts = checkpoint.Facts(
        kind=kind,
        architecture="mobilenet_v3_small",
        categories=CLASSES,
        image_size=32,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        build={"score_threshold": 0.05} if kind == "detector" else {},
        lineage=({"stage": "fetch_backbone", "source": "none"}, {"stage": f"finetune_{kind}"}),
    )
    checkpoint.save(part.model, facts, {"a": torch.zeros(1000)})


def _answers(part: Part, data: Dataset, image_ids: list[int]) -> list[tuple[np.ndarray, ...]]:
    """Answer as the bundle will."""
    bundle = part.onnx.parent / f"{part.task}.bundle"
    task = {"onnx": part.onnx.name, "categories": CLASSES, "threshold": 0.5, "input": SPEC}
    outputs = ["probabilities"] if part.task == "classification" else ["boxes", "scores", "labels"]
    bundle.mkdir()
    (bundle / part.onnx.name).write_bytes(part.onnx.read_bytes())
    described = {"format": 1, "tasks": {part.task: {**task, "outputs": outputs}}}
    (bundle / "bundle.json").write_text(json.dumps(described))
    files = data.images.set_index("image_id")["file"]
    images = [predict.decode((data.root / files[image_id]).read_bytes(), SPEC) for image_id in image_ids]
    return predict.load(bundle, part.task).run(images)


def _test_ids() -> list[int]:
    return [image_id for image_id, split in enumerate(SPLITS) if split == "test"]


def _classifier_report(part: Part, data: Dataset) -> None:
    rows = data.images.set_index("image_id").loc[_test_ids()].reset_index()
    rows["label"] = [CLASSES.index(name) for name in rows["label"]]
    answers = np.stack([answer[0] for answer in _answers(part, data, _test_ids())])
    prediction_table.write(part.report / "predictions.csv", answers, rows, CLASSES, images=data.images)
    measured = classification.metrics(answers, rows["label"].to_numpy(), CLASSES)
    gain = {"views": "none", "accuracy": measured["accuracy"]}
    atomic.write_json(part.report / "metrics.json", {**measured, "test_time": gain})
    parity = {"accuracy_torch": 1.0, "accuracy_onnx": 1.0, "max_abs_difference": 1e-7, "num_disagreements": 0}
    atomic.write_json(part.parity, {**parity, "num_images": 6})
    _pictures(part, "worst", "confusion", "calibration")


def _detector_report(part: Part, data: Dataset, splits: Path) -> None:
    image_ids, truth = detections.test_images(data, splits, categories=CLASSES)
    found = detections.found_table(image_ids, _answers(part, data, image_ids), categories=CLASSES)
    tested = data.images.set_index("image_id").loc[image_ids].reset_index()
    detection_files.write_found(part.report / "detections.json", found, categories=CLASSES)
    detection_files.write_truth(part.report / "truth.json", truth, tested, categories=CLASSES)
    precision = average_precision.measure(found, truth, image_ids=image_ids, categories=CLASSES)
    atomic.write_json(part.report / "metrics.json", detection.metrics(precision, truth, image_ids=image_ids))
    parity = {"AP_torch": 0.1, "AP_onnx": 0.1, "num_unmatched": 0, "num_images": 6, "max_score_difference": 0.0}
    atomic.write_json(part.parity, parity)
    _pictures(part, "worst")


def _pictures(part: Part, *names: str) -> None:
    (part.report / "pictures").mkdir()
    for name in names:
        Image.new("RGB", (4, 4)).save(part.report / f"pictures/{name}.png")
