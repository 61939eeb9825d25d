"""The report of a detector: measures for people and gates, curves for DVC."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from transfer import atomic
from transfer.evaluation import average_precision
from transfer.evaluation.average_precision import OVERLAP_50, Precision


def metrics(precision: Precision, truth: pd.DataFrame, *, image_ids: Sequence[int]) -> dict[str, Any]:
    """Return the summary of `average_precision` with the number of images and of true boxes."""
    counts = truth["category"].value_counts()
    summary = average_precision.summary(precision)
    for name, values in summary["per_class"].items():
        values["num_boxes"] = int(counts.get(name, 0))
    return {**summary, "num_images": len(image_ids), "num_boxes": len(truth)}


def write_curves(path: Path, precision: Precision) -> None:
    """Write precision at overlap 0.5 against recall as a CSV: category, recall, precision; "all" is the mean."""
    at_50 = precision.values[OVERLAP_50, :, :, 0]
    measured = [index for index in range(len(precision.categories)) if (at_50[:, index] > -1).all()]
    lines = {"all": at_50[:, measured].mean(1), **{precision.categories[index]: at_50[:, index] for index in measured}}
    table = pd.concat(
        pd.DataFrame({"category": name, "recall": precision.recalls, "precision": values})
        for name, values in lines.items()
    )
    atomic.write_text(path, table.to_csv(index=False, lineterminator="\n", float_format="%.6f"))
