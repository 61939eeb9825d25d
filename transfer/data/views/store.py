"""Fill the shards of both models from one pass over the images."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.views import shards
from transfer.data.views.rendering import Picture, Style, render
from transfer.progress import track

SPLITS = ("train", "val", "test")
CORNERS = ["x_min", "y_min", "x_max", "y_max"]


def write(
    folders: dict[str, Path],
    dataset: Dataset,
    assigned: pd.DataFrame,
    styles: dict[str, Style],
    *,
    seed: int,
    workers: int,
) -> None:
    """Write the pictures of every style into its folder; only the training split gets augmented views.

    A style that keeps the shape is a detector's: its names are categories. Any other is a classifier's, which has no
    use for images without a label.
    """
    digests = {name: hashlib.sha256() for name in styles}
    for split in SPLITS:
        drawn = styles if split == "train" else {name: replace(style, num_views=0) for name, style in styles.items()}
        image_ids = np.sort(assigned.loc[assigned["split"] == split, "image_id"].to_numpy())
        collected = {name: _Collected(folders[name], split, dataset, style, image_ids) for name, style in drawn.items()}
        pictures = render(dataset, image_ids, drawn, seed=seed, workers=workers) if len(image_ids) else iter(())
        for image_id, by_style in track(pictures, f"pictures of {split}", total=len(image_ids)):
            for name, one in collected.items():
                one.add(image_id, by_style[name])
        for name, one in collected.items():
            digests[name].update(one.finish())
    for name, style in styles.items():
        names = dataset.categories if style.keep_shape else dataset.labels
        facts = shards.ShardFacts(names, style.image_size, style.num_views, digests[name].hexdigest())
        shards.write_facts(folders[name], facts)


class _Collected:
    """The pictures of one split in one style, on their way to disk."""

    def __init__(self, folder: Path, split: str, dataset: Dataset, style: Style, image_ids: np.ndarray) -> None:
        self._folder, self._split, self._dataset = folder, split, dataset
        self._images = dataset.images.set_index("image_id")
        chosen = self._images.loc[image_ids]
        self._wanted = set(image_ids if style.keep_shape else chosen.index[chosen["label"].notna()])
        count = len(self._wanted) * (1 + style.num_views)
        self._writer = shards.PictureWriter(folder, split, count=count, image_size=style.image_size)
        self._labels = {label: index for index, label in enumerate(dataset.labels)}
        self._categories = {category: index for index, category in enumerate(dataset.categories)}
        self._digest = hashlib.sha256()
        self._rows: list[dict[str, Any]] = []
        self._boxes: list[pd.DataFrame] = []

    def add(self, image_id: int, pictures: list[Picture]) -> None:
        """Take all pictures of one image."""
        if image_id not in self._wanted:
            return
        for picture in pictures:
            self._writer.add(picture.pixels)
            self._digest.update(picture.pixels.tobytes())
            self._boxes.append(self._box_rows(picture))
            self._rows.append(self._row(image_id, picture))

    def finish(self) -> bytes:
        """Write the tables; return a digest of the pictures and what is known of them."""
        rows = pd.DataFrame(self._rows, columns=shards.ROW_SCHEMA.names)
        boxes = pd.concat(self._boxes) if self._boxes else pd.DataFrame(columns=shards.SHARD_BOX_SCHEMA.names)
        shards.write_tables(self._folder, self._split, rows, boxes)
        for frame in (rows, boxes):
            self._digest.update(frame.to_csv(index=False).encode())
        return self._digest.digest()

    def _row(self, image_id: int, picture: Picture) -> dict[str, Any]:
        image = self._images.loc[image_id]
        return {
            "row": len(self._rows),
            "image_id": image_id,
            "view": picture.view,
            "label": self._labels.get(str(image["label"]), -1),
            "height": picture.height,
            "width": picture.width,
            "original_height": image["height"],
            "original_width": image["width"],
            "file": image["file"],
        }

    def _box_rows(self, picture: Picture) -> pd.DataFrame:
        shown = self._dataset.boxes.loc[picture.box_rows]
        frame = pd.DataFrame(picture.boxes, columns=CORNERS)
        frame.insert(0, "row", len(self._rows))
        frame.insert(1, "category", shown["category"].map(self._categories).to_numpy(np.int64))
        frame["crowd"] = shown["crowd"].to_numpy(bool)
        return frame
