"""The figures of the model card, each with the interval in which chance could have moved it."""

import json
from typing import Any

import pandas as pd

from transfer.evaluation.classification_report import wilson_interval
from transfer.handoff.layout import Part
from transfer.measures import average_precision, bootstrap, classification

CONFIDENCE = 0.95
PRECISIONS = {
    "AP": "AP (mean over overlaps 0.50 to 0.95)",
    "AP50": "AP at overlap 0.50",
    "AP75": "AP at overlap 0.75",
}


def of(part: Part, *, threshold: float, resamples: int, seed: int) -> dict[str, Any]:
    """Return what the card says of a part: "overall" and "rows", each with `value` and `interval`, and the parity."""
    metrics = json.loads((part.report / "metrics.json").read_text(encoding="utf-8"))
    parity = json.loads(part.parity.read_text(encoding="utf-8"))
    measure = _classifier if part.task == "classification" else _detector
    return {"parity": parity, **measure(part, metrics, threshold, resamples=resamples, seed=seed)}


def _classifier(part: Part, metrics: dict[str, Any], threshold: float, *, resamples: int, seed: int) -> dict[str, Any]:
    # Class names may be anything, also "null" and numbers.
    table = pd.read_csv(part.report / "predictions.csv", dtype={"label": str, "predicted": str}, keep_default_na=False)
    labels, answers = (table[name].to_numpy(dtype=str) for name in ("label", "predicted"))
    found = bootstrap.intervals(
        {"macro F1": classification.macro_f1(labels, answers)},
        num_images=len(table),
        resamples=resamples,
        confidence=CONFIDENCE,
        seed=seed,
    )
    right = table["label"] == table["predicted"]
    sure = table["confidence"] >= threshold
    overall = {
        "accuracy": _share(int(right.sum()), len(table)),
        "macro F1": {"value": metrics["macro_f1"], "interval": found["macro F1"]},
        "share of images with a confidence of at least the threshold": _share(int(sure.sum()), len(table)),
        "accuracy on those": _share(int(right[sure].sum()), int(sure.sum())),
    }
    rows = [
        {
            "name": name,
            "count": values["support"],
            "recall": _share(int(right[table["label"] == name].sum()), values["support"]),
            "precision": _share(int(right[table["predicted"] == name].sum()), int((table["predicted"] == name).sum())),
            "f1": values["f1"],
        }
        for name, values in metrics["per_class"].items()
    ]
    return {
        "num_images": len(table),
        "ece": metrics["ece"],
        "overall": overall,
        "rows": rows,
        "test_time": metrics["test_time"],
    }


def _detector(part: Part, metrics: dict[str, Any], _: float, *, resamples: int, seed: int) -> dict[str, Any]:
    truth, detections = (
        json.loads((part.report / name).read_text(encoding="utf-8")) for name in ("truth.json", "detections.json")
    )
    matches = average_precision.match(truth, detections)
    each = {name: average_precision.measure({name: entry}, metric="AP") for name, entry in matches.items()}
    means = {metric: average_precision.measure(matches, metric=metric) for metric in average_precision.OVERLAPS}
    found, overall = (
        bootstrap.intervals(
            measures, num_images=len(truth["images"]), resamples=resamples, confidence=CONFIDENCE, seed=seed
        )
        for measures in (each, means)
    )
    rows = [
        {
            "name": name,
            "count": values["num_boxes"],
            "ap": {"value": values["AP"], "interval": found.get(name)},
            "ap50": values["AP50"],
        }
        for name, values in metrics["per_class"].items()
    ]
    shown = {text: {"value": metrics[metric], "interval": overall[metric]} for metric, text in PRECISIONS.items()}
    return {"num_images": metrics["num_images"], "num_boxes": metrics["num_boxes"], "overall": shown, "rows": rows}


def _share(part: int, whole: int) -> dict[str, Any]:
    return {"value": part / whole if whole else None, "interval": wilson_interval(part, whole)}
