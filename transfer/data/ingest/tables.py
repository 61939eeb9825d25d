"""Collect images and boxes column by column, and make the canonical tables of them."""

import hashlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer.data.dataset import CORNERS, IMAGE_SCHEMA, Dataset
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.records import RawBox
from transfer.data.ingest.image_checks import Examined


class Tables:
    """Columns that grow: a Python object per box would cost ten times the memory."""

    def __init__(self) -> None:
        """Begin with no rows."""
        self._images: dict[str, list[Any]] = {name: [] for name in IMAGE_SCHEMA.names if name != "image_id"}
        self._image_of_box = array("q")
        self._category_of_box = array("q")
        self._crowd = array("b")
        self._corners = array("d")
        self._categories: dict[str, int] = {}

    def add(self, image: Examined, boxes: Sequence[RawBox], *, label: str | None, group: str | None) -> None:
        """Append one image with its boxes."""
        record, facts = image.record, image.facts
        assert facts is not None
        row = (
            *(record.file, image.sha256, image.num_bytes, facts.width, facts.height, facts.mode, facts.format),
            *(facts.orientation, label, record.split, group),
        )
        for box in boxes:
            self._image_of_box.append(len(self._images["file"]))
            self._category_of_box.append(self._categories.setdefault(box.category, len(self._categories)))
            self._crowd.append(box.crowd)
            self._corners.extend((box.x_min, box.y_min, box.x_max, box.y_max))
        for column, value in zip(self._images.values(), row, strict=True):
            column.append(value)

    def dataset(self, root: Path, ledger: Ledger, *, compare_labels: bool) -> Dataset:
        """Order the images by file, number images and boxes from 1, note boxes of another class than the label."""
        images = pd.DataFrame(self._images)
        order = np.argsort(images["file"].to_numpy(dtype=object), kind="stable")
        images = images.iloc[order].reset_index(drop=True)
        images.insert(0, "image_id", np.arange(1, len(images) + 1))
        position = np.empty(len(order), np.int64)
        position[order] = np.arange(len(order))
        boxes = self._boxes(position)
        boxes = _without_other_classes(boxes, images, ledger) if compare_labels else boxes
        boxes.insert(0, "box_id", np.arange(1, len(boxes) + 1))
        return Dataset(
            root=root,
            images=images,
            boxes=boxes,
            labels=tuple(sorted(images["label"].dropna().unique())),
            categories=tuple(sorted(boxes["category"].unique())),
            fingerprint=_fingerprint(images, boxes),
        )

    def _boxes(self, position: np.ndarray) -> pd.DataFrame:
        names = np.array(list(self._categories), dtype=object)
        corners = np.array(self._corners, dtype=np.float64).reshape(-1, 4)
        boxes = pd.DataFrame(
            {
                "image_id": position[np.array(self._image_of_box, dtype=np.int64)] + 1,
                "category": names[np.array(self._category_of_box, dtype=np.int64)],
                **{name: corners[:, column] for column, name in enumerate(CORNERS)},
                "crowd": np.array(self._crowd, dtype=bool),
            }
        )
        return boxes.sort_values("image_id", kind="stable", ignore_index=True)


def _without_other_classes(boxes: pd.DataFrame, images: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Note boxes of another class than the image's label, where that label is a class of boxes at all."""
    owner = images.iloc[boxes["image_id"].to_numpy() - 1]
    labels = owner["label"].to_numpy(dtype=object)
    comparable = np.isin(labels.astype(str), boxes["category"].unique().astype(str)) & owner["label"].notna().to_numpy()
    other = comparable & (labels != boxes["category"].to_numpy(dtype=object))
    stays = np.ones(len(boxes), dtype=bool)
    for row in np.flatnonzero(other):
        reason = f"a box of {boxes['category'].iloc[row]}, the image's label is {labels[row]}"
        stays[row] = ledger.note("box_of_other_class", owner["file"].iloc[row], reason)
    return boxes[stays].reset_index(drop=True)


def _fingerprint(images: pd.DataFrame, boxes: pd.DataFrame) -> str:
    """SHA-256 over file, checksum, label, split and group of every image in order, and then over all boxes."""
    digest = hashlib.sha256()
    for row in images[["file", "sha256", "label", "split", "group"]].itertuples(index=False):
        digest.update("\0".join("" if pd.isna(value) else value for value in row).encode() + b"\n")
    for category in boxes["category"]:
        digest.update(category.encode() + b"\n")
    for column in ("image_id", *CORNERS, "crowd"):
        digest.update(boxes[column].to_numpy().astype("<f8").tobytes())
    return digest.hexdigest()
