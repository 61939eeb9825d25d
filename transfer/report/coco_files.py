"""The detector's answers and the true boxes, as reports/detector holds them in COCO's form."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.data.dataset import CORNERS
from transfer.report import evidence

TRUTH, DETECTIONS = "truth.json", "detections.json"


@dataclass(frozen=True)
class Boxes:
    """Both tables have image_id, category (a name) and corners in pixels; `found` a score, `truth` a flag crowd."""

    image_ids: list[int]
    files: dict[int, str]
    categories: tuple[str, ...]
    truth: pd.DataFrame
    found: pd.DataFrame


def read(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read both files: COCO's ground truth and its list of results.

    Raises:
        DataError: one is missing, or not JSON.
    """
    return evidence.read_json(folder / TRUTH), evidence.read_json(folder / DETECTIONS)


def boxes(known: dict[str, Any], results: list[dict[str, Any]]) -> Boxes:
    """Put what `read` returned into tables."""
    names = {entry["id"]: str(entry["name"]) for entry in known["categories"]}
    return Boxes(
        image_ids=sorted(int(image["id"]) for image in known["images"]),
        files={int(image["id"]): str(image["file_name"]) for image in known["images"]},
        categories=tuple(names.values()),
        truth=_table(known["annotations"], names, {"crowd": lambda entry: bool(entry.get("iscrowd", 0))}),
        found=_table(results, names, {"score": lambda entry: float(entry["score"])}),
    )


def _table(entries: list[dict[str, Any]], names: dict[int, str], more: dict[str, Any]) -> pd.DataFrame:
    rows = [
        (
            int(entry["image_id"]),
            names[entry["category_id"]],
            *_corners(entry["bbox"]),
            *(f(entry) for f in more.values()),
        )
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=["image_id", "category", *CORNERS, *more])


def _corners(box: list[float]) -> tuple[float, float, float, float]:
    left, top, width, height = map(float, box)
    return left, top, left + width, top + height
