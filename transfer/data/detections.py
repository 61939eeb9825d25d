"""Boxes of a test split as tables: the true ones, and those that a detector found."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from transfer.data.dataset import CORNERS, Dataset
from transfer.errors import DataError

COLUMNS = ["image_id", "category", *CORNERS, "score"]


def test_images(data: Dataset, splits: Path, *, categories: Sequence[str]) -> tuple[list[int], pd.DataFrame]:
    """Return the ids of the test images, sorted, and their true boxes.

    Raises:
        DataError: the test split has no box but those of crowds, or one of a category that the model does not know.
    """
    assigned = pd.read_parquet(splits / "splits.parquet")
    image_ids = sorted(assigned.loc[assigned["split"] == "test", "image_id"].tolist())
    truth = data.boxes[data.boxes["image_id"].isin(image_ids)]
    if truth["crowd"].all():
        msg = (
            f"{splits}: the {len(image_ids)} test images have no boxes, so no detector can be measured on them; "
            "see split_data in params.yaml"
        )
        raise DataError(msg)
    unknown = sorted(set(truth["category"]) - set(categories))
    if unknown:
        msg = f"{splits}: test boxes of categories the detector does not know: {', '.join(unknown)}; train it again"
        raise DataError(msg)
    return image_ids, truth


def found_table(
    image_ids: Sequence[int], answers: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], *, categories: Sequence[str]
) -> pd.DataFrame:
    """Put the (boxes, scores, labels) of each image into one table."""
    counts = [len(boxes) for boxes, _, _ in answers]
    boxes = np.concatenate([np.zeros((0, 4)), *(boxes for boxes, _, _ in answers)])
    labels = np.concatenate([np.zeros(0, np.int64), *(labels for _, _, labels in answers)])
    table = pd.DataFrame(boxes, columns=CORNERS)
    table.insert(0, "image_id", np.repeat(np.asarray(image_ids, np.int64), counts))
    table.insert(1, "category", np.asarray(categories, dtype=object)[labels])
    return table.assign(score=np.concatenate([np.zeros(0), *(scores for _, scores, _ in answers)]))


def overlaps(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return intersection over union of boxes [n, 4] and [m, 4], corners in pixels: float [n, m]."""
    low = np.maximum(left[:, None, :2], right[None, :, :2])
    high = np.minimum(left[:, None, 2:], right[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    areas = (left[:, 2:] - left[:, :2]).prod(1)[:, None] + (right[:, 2:] - right[:, :2]).prod(1)[None]
    ratio: np.ndarray = common / np.maximum(areas - common, 1e-9)
    return ratio
