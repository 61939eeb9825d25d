"""Found and true boxes of the test split as COCO's JSON, which every tool of the field reads."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer import atomic
from transfer.data.dataset import CORNERS

# Digits behind the point, of pixels.
DIGITS = 3


def write_found(path: Path, found: pd.DataFrame, *, categories: Sequence[str]) -> None:
    """Write COCO's list of results: image_id, category_id (from 1), bbox (left, top, width, height), score.

    By image, the surest first; scores are the shortest numbers that give the same float32.
    """
    numbers = {name: number for number, name in enumerate(categories, start=1)}
    ordered = found.sort_values(["image_id", "score"], ascending=[True, False], kind="stable")
    lines = [
        {
            "image_id": int(image_id),
            "category_id": numbers[category],
            "bbox": _sides(corners),
            "score": float(str(np.float32(score))),
        }
        for image_id, category, score, *corners in ordered[["image_id", "category", "score", *CORNERS]].itertuples(
            index=False
        )
    ]
    atomic.write_text(path, _listed(lines) + "\n")


def write_truth(path: Path, truth: pd.DataFrame, images: pd.DataFrame, *, categories: Sequence[str]) -> None:
    """Write COCO's ground truth of the images in `images`: also of those without boxes."""
    numbers = {name: number for number, name in enumerate(categories, start=1)}
    columns = truth[["image_id", "category", "crowd", *CORNERS]]
    annotations = [
        {"id": number, "image_id": int(image_id), "category_id": numbers[category], **_shape(corners, crowd=crowd)}
        for number, (image_id, category, crowd, *corners) in enumerate(columns.itertuples(index=False), start=1)
    ]
    shown = images[["image_id", "file", "width", "height", "sha256"]]
    described = [
        {"id": int(image_id), "file_name": file, "width": int(width), "height": int(height), "sha256": sha256}
        for image_id, file, width, height, sha256 in shown.itertuples(index=False)
    ]
    parts = {
        "images": described,
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": annotations,
    }
    atomic.write_text(path, "{" + ",\n".join(f'"{key}": {_listed(lines)}' for key, lines in parts.items()) + "}\n")


def _shape(corners: Sequence[float], *, crowd: bool) -> dict[str, Any]:
    left, top, width, height = _sides(corners)
    return {"bbox": [left, top, width, height], "area": round(width * height, DIGITS), "iscrowd": int(crowd)}


def _sides(corners: Sequence[float]) -> list[float]:
    left, top, right, bottom = map(float, corners)
    return [round(value, DIGITS) for value in (left, top, right - left, bottom - top)]


def _listed(lines: Sequence[dict[str, Any]]) -> str:
    """Write one entry a line, so that two files can be compared line by line."""
    return "[" + ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines) + "]"
