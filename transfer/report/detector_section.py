"""What the page says about the detector."""

from pathlib import Path
from typing import Any

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.evaluation.detection_cases import by_quality
from transfer.measures import average_precision, bootstrap
from transfer.report import choice, coco_files, curves, evidence, shots
from transfer.report.coco_files import Boxes
from transfer.report.look import Look

# Of more categories those with the lowest precision are drawn.
MOST_CATEGORIES = 60
CONFIDENCE = 0.95
CURVES = {"train_loss": ("training loss", "curve-2"), "val_loss": ("validation loss", "curve-1")}
PRECISION = {"val_AP50": ("AP50", "curve-2"), "val_AP": ("AP", "curve-1")}


def build(data: Dataset, folder: Path, training: Path, *, look: Look, resamples: int, seed: int) -> dict[str, Any]:
    """Gather the detector's figures, plots and pictures; `resamples` are draws for the intervals."""
    metrics = evidence.read_json(folder / "metrics.json")
    truth, found = coco_files.read(folder)
    boxes = coco_files.boxes(truth, found)
    epochs = evidence.read_csv(training / "detector.csv", ("epoch", "phase", *CURVES, *PRECISION))
    recalls = evidence.read_csv(folder / "precision_recall.csv", ("category", "recall", "precision"))
    shown = boxes.found[boxes.found["score"] >= look.shown_score]
    ranked = by_quality(shown, boxes.truth, least_overlap=look.shown_overlap)
    samples, worst = choice.evenly(sorted(ranked), look.sample_pictures), ranked[: look.worst_pictures]
    perfect = sum(f1 == 1.0 for _, f1 in ranked)
    return {
        "metrics": metrics,
        "intervals": _intervals(truth, found, resamples=resamples, seed=seed),
        "resamples": resamples,
        "classes": [{"name": name, **values} for name, values in metrics["per_class"].items()],
        "precision_recall": _precision_recall(recalls),
        "curves": [
            curves.training(epochs, CURVES, y_title="loss"),
            curves.training(epochs, PRECISION, y_title="validation precision", whole=True),
        ],
        "samples": shots.of_detector(data, boxes, dict(samples), look=look),
        "worst": shots.of_detector(data, boxes, dict(worst), look=look),
        "perfect": perfect,
        "judged": len(ranked),
        "counts": _counts(boxes),
        "look": look,
    }


def _intervals(
    truth: dict[str, Any], found: list[dict[str, Any]], *, resamples: int, seed: int
) -> dict[str, bootstrap.Interval | None]:
    matches = average_precision.match(truth, found)
    return bootstrap.intervals(
        {metric: average_precision.measure(matches, metric=metric) for metric in ("AP", "AP50")},
        num_images=len(truth["images"]),
        resamples=resamples,
        confidence=CONFIDENCE,
        seed=seed,
    )


def _precision_recall(table: pd.DataFrame) -> list[dict[str, Any]]:
    (_, mean), *categories = curves.categories_of(table)
    if len(categories) > MOST_CATEGORIES:
        categories = sorted(categories, key=lambda found: found[1]["precision"].mean())[:MOST_CATEGORIES]
    return [{"name": name, "plot": curves.precision_recall(rows, name, mean)} for name, rows in categories]


def _counts(boxes: Boxes) -> dict[str, int]:
    return {"images": len(boxes.image_ids), "truth": len(boxes.truth), "found": len(boxes.found)}
