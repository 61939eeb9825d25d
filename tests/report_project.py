"""Draw everything that the stage build_report reads: pictures, splits, and the reports of two models."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from transfer import atomic
from transfer.data import dataset
from transfer.data.dataset import CORNERS
from transfer.data.drawing.generate import generate
from transfer.data.splitting.splits import SPLIT_SCHEMA
from transfer.evaluation import average_precision, classification, detection

ROOT = Path(__file__).resolve().parents[1]
SPLITS = ("train", "train", "val", "test", "test")
FACTS = {
    "architecture": "resnet18",
    "image_size": 96,
    "lineage": [{"stage": "fetch_backbone", "source": "formula", "loss": 0.51}],
}
PARAMS = {
    "title": "Drawn steel",
    "tasks": ["classification", "detection"],
    "champion": "release",
    "sample_pictures": 6,
    "class_pictures": 4,
    "worst_pictures": 12,
    "picture_side": 128,
    "shown_score": 0.5,
    "shown_overlap": 0.5,
    "resamples": 20,
    "seed": 0,
}


def draw(
    folder: Path, *, images_per_class: int = 10, image_size: int = 64, rename: dict[str, str] | None = None
) -> Path:
    """Write a project's inputs of the report into `folder`; `rename` gives classes other names."""
    data = _ingested(folder, images_per_class, image_size, rename or {})
    assigned = _splits(folder, data)
    test = assigned.loc[assigned["split"] == "test", "image_id"].tolist()
    _reports_of_data(folder)
    _classifier(folder, data, test)
    _detector(folder, data, test)
    _line(folder)
    return folder


def _ingested(folder, images_per_class, image_size, rename):
    at = folder / "data/ingested"
    data = generate(at / "images", preset="steel", images_per_class=images_per_class, image_size=image_size, seed=0)
    data = dataset.Dataset(
        root=Path("data/ingested/images"),
        images=data.images.assign(label=data.images["label"].replace(rename)),
        boxes=data.boxes.assign(category=data.boxes["category"].replace(rename)),
        labels=tuple(rename.get(name, name) for name in data.labels),
        categories=tuple(rename.get(name, name) for name in data.categories),
        fingerprint=data.fingerprint,
    )
    dataset.write(at, data)
    return data


def _splits(folder, data):
    ids = data.images["image_id"]
    table = pd.DataFrame({"image_id": ids, "split": [SPLITS[number % len(SPLITS)] for number in range(len(ids))]})
    dataset.write_table(folder / "data/splits/splits.parquet", table, SPLIT_SCHEMA)
    counts = table.assign(label=data.images["label"]).groupby("split")["label"].value_counts()
    atomic.write_json(
        folder / "data/splits/summary.json",
        {
            "num_straddling_groups": 0,
            "leaked_share": 0.0,
            "leaked_share_val": 0.0,
            "splits": {
                split: {"images": int(counts[split].sum()), "classes": {k: int(v) for k, v in counts[split].items()}}
                for split in ("train", "val", "test")
            },
        },
    )
    return table


def _reports_of_data(folder):
    atomic.write_json(
        folder / "reports/validation/result.json",
        {
            "success": True,
            "counts": [{"action": "warn", "finding": "small_box", "count": 2}],
            "expectations": [{}] * 20,
        },
    )
    atomic.write_json(
        folder / "data/duplicates/summary.json",
        {"num_images": 60, "num_linked_images": 2, "num_links": {"bytes": 0, "perceptual": 0, "overlap": 1}},
    )
    for path in ("data/duplicates/pairs/000", "reports/augmentation/classifier", "reports/augmentation/detector"):
        _picture(folder / f"{path}.png")
    for path in ("reports/explanation/grad_cam", "reports/explanation/embedding"):
        _picture(folder / f"{path}.png")


def _picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    slope = np.linspace(0, 255, 300).astype(np.uint8)
    Image.fromarray(np.stack([np.tile(slope, (120, 1))] * 3, axis=2)).save(path)


def _classifier(folder, data, test):
    chance = np.random.default_rng(0)
    rows = data.images.set_index("image_id").loc[test]
    labels = np.array([data.labels.index(name) for name in rows["label"]])
    logits = chance.normal(0, 1.1, (len(labels), len(data.labels))) + 3.4 * np.eye(len(data.labels))[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    answers = probabilities.argmax(1)
    table = pd.DataFrame({"image_id": test, "file": rows["file"].tolist(), "sha256": rows["sha256"].tolist()})
    table["label"] = rows["label"].tolist()
    table["predicted"] = [data.labels[answer] for answer in answers]
    table["confidence"] = probabilities.max(1)
    for number, name in enumerate(data.labels):
        table[f"p_{name}"] = probabilities[:, number]
    at = folder / "reports/classifier"
    atomic.write_text(at / "predictions.csv", table.to_csv(index=False, lineterminator="\n"))
    measured = classification.metrics(probabilities, labels, data.labels)
    atomic.write_json(at / "metrics.json", measured | {"test_time": {"views": "none"}})
    epochs = np.arange(1, 15)
    _history(
        folder / "reports/training/classifier.csv",
        epoch=epochs,
        phase=["head"] * 2 + ["all"] * 12,
        train_loss=1.8 * 0.8**epochs + 0.2,
        val_loss=1.8 * 0.84**epochs + 0.3,
        val_accuracy=1 - 0.8 * 0.78**epochs,
    )
    atomic.write_json(
        folder / "reports/parity/classifier.json",
        {
            "accuracy_torch": 0.9,
            "accuracy_onnx": 0.9,
            "max_abs_difference": 3.1e-7,
            "num_disagreements": 0,
            "num_images": len(test),
        },
    )
    atomic.write_json(folder / "models/classifier/facts.json", FACTS)


def _detector(folder, data, test):
    chance = np.random.default_rng(1)
    truth = data.boxes[data.boxes["image_id"].isin(test)]
    found = truth.sample(frac=0.9, random_state=1).sort_index()
    found = found.assign(score=chance.uniform(0.3, 1, len(found)).round(6))
    found[CORNERS] += chance.normal(0, 2, (len(found), 4))
    extra = found.sample(frac=0.5, random_state=2).assign(score=lambda t: (t["score"] * 0.6).round(6))
    extra[["x_min", "x_max"]] += 9
    found = pd.concat([found, extra]).sort_values(["image_id", "score"], ascending=[True, False])
    numbers = {name: number for number, name in enumerate(data.categories, start=1)}
    at = folder / "reports/detector"
    images = data.images.set_index("image_id").loc[test].reset_index()
    atomic.write_json(
        at / "truth.json",
        {
            "images": [
                {"id": int(row.image_id), "file_name": row.file, "width": int(row.width), "height": int(row.height)}
                for row in images.itertuples()
            ],
            "categories": [{"id": number, "name": name} for name, number in numbers.items()],
            "annotations": [{"id": i, "iscrowd": 0, **entry} for i, entry in enumerate(_coco(truth, numbers), start=1)],
        },
    )
    atomic.write_json(at / "detections.json", _coco(found, numbers))
    precision = average_precision.measure(found, truth, image_ids=test, categories=data.categories)
    atomic.write_json(at / "metrics.json", detection.metrics(precision, truth, image_ids=test))
    detection.write_curves(at / "precision_recall.csv", precision)
    epochs = np.arange(1, 6)
    _history(
        folder / "reports/training/detector.csv",
        epoch=epochs,
        phase=["pyramid+heads", *["all"] * 4],
        train_loss=1.5 * 0.7**epochs,
        val_loss=1.5 * 0.75**epochs,
        val_AP=0.6 - 0.5 * 0.6**epochs,
        val_AP50=0.9 - 0.6 * 0.5**epochs,
        val_AP75=0.7 - 0.5 * 0.6**epochs,
    )
    atomic.write_json(
        folder / "reports/parity/detector.json",
        {
            "AP_torch": 0.6, "AP_onnx": 0.6, "num_matched": 356, "num_unmatched": 0, "num_images": len(test),
            "max_score_difference": 3.7e-8, "max_box_difference": 7.6e-6,
        },
    )  # fmt: skip
    atomic.write_json(folder / "models/detector/facts.json", FACTS | {"architecture": "fasterrcnn"})


def _coco(table, numbers):
    return [
        {
            "image_id": int(row["image_id"]),
            "category_id": numbers[row["category"]],
            "bbox": [row["x_min"], row["y_min"], row["x_max"] - row["x_min"], row["y_max"] - row["y_min"]],
            **({"score": row["score"]} if "score" in row else {}),
        }
        for row in table.to_dict("records")
    ]


def _history(path, **columns):
    atomic.write_text(path, pd.DataFrame(columns).to_csv(index=False, lineterminator="\n"))


def _line(folder):
    for name in ("classifier", "detector"):
        (folder / "models/onnx").mkdir(parents=True, exist_ok=True)
        (folder / f"models/onnx/{name}.onnx").write_bytes(b"a file of weights")
    (folder / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    (folder / "params.yaml").write_text(json.dumps(values | {"build_report": PARAMS}), encoding="utf-8")
    (folder / "release").mkdir()
    templates = folder / "transfer/report/templates"
    templates.parent.mkdir(parents=True)
    templates.symlink_to(ROOT / "transfer/report/templates")
