"""What the page says about the classifier."""

from pathlib import Path
from typing import Any

import numpy as np

from transfer.data.dataset import Dataset
from transfer.evaluation.classification import confusion, expected_calibration_error, worst_first
from transfer.evaluation.classification_report import wilson_interval
from transfer.report import choice, curves, embedded, evidence, predictions, shots
from transfer.report.look import Look
from transfer.report.predictions import Predictions

# More than this and a table of all pairs of classes is no longer to be read; the most frequent mix-ups are.
MOST_CLASSES = 40
MOST_MIX_UPS = 8
SHEET_SIDE = 1000
CURVES = {"train_loss": ("training loss", "curve-2"), "val_loss": ("validation loss", "curve-1")}


def build(data: Dataset, folder: Path, training: Path, explanation: Path, *, look: Look) -> dict[str, Any]:
    """Gather the classifier's figures, plots and pictures."""
    metrics = evidence.read_json(folder / "metrics.json")
    answers = predictions.read(folder)
    epochs = evidence.read_csv(training / "classifier.csv", ("epoch", "phase", *CURVES, "val_accuracy"))
    order, num_wrong = worst_first(answers.probabilities, answers.labels)
    by_class = np.lexsort((answers.table["file"].to_numpy(str), answers.labels)).tolist()
    samples, worst = choice.evenly(by_class, look.sample_pictures), order[: look.worst_pictures].tolist()
    error = expected_calibration_error(answers.probabilities, answers.labels)
    right = int((answers.answers == answers.labels).sum())
    return {
        "metrics": metrics,
        "right": right,
        "wrong": num_wrong,
        "interval": wilson_interval(right, len(answers.labels)),
        "error": error,
        "classes": [_class_row(name, values) for name, values in metrics["per_class"].items()],
        "matrix": matrix(answers) if len(answers.categories) <= MOST_CLASSES else None,
        "mix_ups": mix_ups(answers)[:MOST_MIX_UPS],
        "calibration": curves.calibration(answers.probabilities, answers.labels, error=error),
        "curves": [
            curves.training(epochs, CURVES, y_title="loss"),
            curves.training(
                epochs, {"val_accuracy": ("validation accuracy", "curve-1")}, y_title="share right", whole=True
            ),
        ],
        "samples": shots.of_classifier(data, answers, samples, side=look.picture_side),
        "worst": shots.of_classifier(data, answers, worst, side=look.picture_side),
        "grad_cam": embedded.from_file(explanation / "grad_cam.png", side=SHEET_SIDE),
        "embedding": embedded.from_file(explanation / "embedding.png", side=SHEET_SIDE),
    }


def matrix(answers: Predictions) -> list[dict[str, Any]]:
    """Return a row per true class with its cells; a cell's share is of its row."""
    counts = confusion(answers.answers, answers.labels, num_classes=len(answers.categories))
    return [
        {
            "name": truth,
            "count": int(row.sum()),
            "cells": [
                {"name": said, "count": int(count), "share": float(count / max(1, row.sum())), "right": said == truth}
                for said, count in zip(answers.categories, row, strict=True)
            ],
        }
        for truth, row in zip(answers.categories, counts, strict=True)
    ]


def mix_ups(answers: Predictions) -> list[dict[str, Any]]:
    """Return the pairs of classes that were mixed up, the most frequent first."""
    counts = confusion(answers.answers, answers.labels, num_classes=len(answers.categories))
    totals = counts.sum(1)
    np.fill_diagonal(counts, 0)
    pairs = sorted(zip(*np.nonzero(counts), strict=True), key=lambda pair: (-counts[pair], pair))
    return [
        {
            "truth": answers.categories[truth],
            "said": answers.categories[said],
            "count": int(counts[truth, said]),
            "share": float(counts[truth, said] / totals[truth]),
        }
        for truth, said in pairs
    ]


def _class_row(name: str, values: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson_interval(round(values["recall"] * values["support"]), values["support"])
    return {"name": name, "low": low, "high": high, **values}
