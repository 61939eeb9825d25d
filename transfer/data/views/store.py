"""Fill the shards of both models from one pass over the images."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from receiver.progress import track
from transfer.data.dataset import CORNERS, Dataset
from transfer.data.views import augmentation, shards
from transfer.data.views.rendering import Picture, Style, render

SPLITS = ("train", "val", "test")


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

    Raises:
        ParamsError: a style's policy is unknown, or cannot move boxes or channels that must move.
        DataError: an image cannot be read, or changed since it was ingested.
    """
    for style in styles.values():
        augmentation.require(style.policy, moves_boxes=style.keep_shape, channels=style.channels_of(dataset))
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
        facts = shards.ShardFacts(
            names,
            style.image_size,
            style.num_views,
            digests[name].hexdigest(),
            channels=style.channels_of(dataset),
            window=dataset.reading.window,
        )
        shards.write_facts(folders[name], facts)


class _Collected:
    """The pictures of one split in one style, on their way to disk."""

    def __init__(self, folder: Path, split: str, dataset: Dataset, style: Style, image_ids: np.ndarray) -> None:
        """Look up once what belongs to `image_ids`, which are sorted: a picture has no time for a table."""
        self._folder, self._split = folder, split
        images = dataset.images.set_index("image_id").loc[image_ids]
        labelled = np.full(len(images), True) if style.keep_shape else images["label"].notna().to_numpy()
        images = images[labelled]
        self._ids = images.index.to_numpy()
        self._images = [images[name].tolist() for name in ("height", "width", "file")]
        self._labels = _codes(images["label"], dataset.labels).tolist()
        self._category = _codes(dataset.boxes["category"], dataset.categories)
        self._crowd = dataset.boxes["crowd"].to_numpy(bool)
        count = len(images) * (1 + style.num_views)
        self._writer = shards.PictureWriter(
            folder, split, count=count, image_size=style.image_size, channels=style.channels_of(dataset)
        )
        self._digest = hashlib.sha256()
        self._rows: list[tuple[Any, ...]] = []
        self._boxes: list[tuple[np.ndarray, ...]] = []

    def add(self, image_id: int, pictures: list[Picture]) -> None:
        """Take all pictures of one image."""
        position = int(np.searchsorted(self._ids, image_id))
        if position == len(self._ids) or self._ids[position] != image_id:
            return
        original = [column[position] for column in self._images]
        for picture in pictures:
            self._writer.add(picture.pixels)
            self._digest.update(picture.pixels.tobytes())
            row = len(self._rows)
            self._boxes.append((np.full(len(picture.boxes), row), picture.box_rows, picture.boxes))
            known = (row, image_id, picture.view, self._labels[position], picture.height, picture.width)
            self._rows.append((*known, *original))

    def finish(self) -> bytes:
        """Write the tables; return a digest of the pictures and what is known of them."""
        rows, boxes = pd.DataFrame(self._rows, columns=shards.ROW_SCHEMA.names), self._box_table()
        shards.write_tables(self._folder, self._split, rows, boxes)
        for frame in (rows, boxes):
            self._digest.update(frame.to_csv(index=False).encode())
        return self._digest.digest()

    def _box_table(self) -> pd.DataFrame:
        nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4)))
        row, shown, corners = (np.concatenate(column) for column in zip(nothing, *self._boxes, strict=True))
        frame = pd.DataFrame(corners, columns=CORNERS)
        frame.insert(0, "row", row)
        frame.insert(1, "category", self._category[shown])
        frame["crowd"] = self._crowd[shown]
        return frame


def _codes(names: pd.Series, known: tuple[str, ...]) -> np.ndarray:
    """Return the place of each name among those known, int64, -1 for a missing one."""
    return pd.Categorical(names, categories=known).codes.astype(np.int64)
