"""Decoded images at training size: square uint8 arrays on disk, mapped into memory, with a table beside them."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from transfer import atomic
from transfer.data.dataset import CORNERS, write_table
from transfer.data.reading import RGB, USUAL
from transfer.errors import DataError

BYTES_PER_SHARD = 2**28

# One row per stored picture. View 0 is the image itself, views 1.. are augmented. `label` indexes the labels of
# meta.json, or is -1. Pixels outside the top left `height` x `width` are padding; a detector's images have some.
ROW_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("image_id", pa.int64()),
        ("view", pa.int32()),
        ("label", pa.int64()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("original_height", pa.int32()),
        ("original_width", pa.int32()),
        ("file", pa.string()),
    ]
)
# One row per box of a stored picture, in pixels of the stored picture. `category` indexes the categories of meta.json.
SHARD_BOX_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("category", pa.int64()),
        *((corner, pa.float64()) for corner in CORNERS),
        ("crowd", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class ShardFacts:
    """`names` are labels for a classifier's shards, categories for a detector's; `digest` names the content.

    `window` is how 16-bit images were read, as in `transfer.data.reading`.
    """

    names: tuple[str, ...]
    image_size: int
    num_views: int
    digest: str
    channels: int = RGB
    window: tuple[int, int] = USUAL.window

    def remembered(self) -> dict[str, Any]:
        """Return what a model has to remember of how the images were read: nothing where that is as usual."""
        return {} if self.window == USUAL.window else {"sixteen_bit_window": list(self.window)}


@dataclass(frozen=True)
class Split:
    """The pictures of one split: `rows` and `boxes` follow the schemas above.

    `places` int64 [number of rows] says where in the shards the picture of each row is; null: in its own place.
    """

    rows: pd.DataFrame
    boxes: pd.DataFrame
    shards: tuple[np.ndarray, ...]
    places: np.ndarray | None = None

    def __len__(self) -> int:
        """Count the stored pictures, views included."""
        return len(self.rows)

    def batches(self, batch_size: int) -> list[np.ndarray]:
        """Cut the row numbers into batches, in order."""
        return [np.arange(start, min(start + batch_size, len(self))) for start in range(0, len(self), batch_size)]

    def pixels(self, rows: np.ndarray) -> np.ndarray:
        """Gather pictures by row number: uint8 [len(rows), image_size, image_size, channels], RGB first."""
        per_shard = len(self.shards[0])
        places = rows if self.places is None else self.places[rows]
        if len(self.shards) == 1:
            gathered: np.ndarray = self.shards[0][places]
            return gathered
        return np.stack([self.shards[place // per_shard][place % per_shard] for place in places])


class PictureWriter:
    """Write `count` pictures (uint8 [image_size, image_size, channels]) one after the other, at most 256 MiB a file."""

    def __init__(self, folder: Path, split: str, *, count: int, image_size: int, channels: int = RGB) -> None:
        """Start at the first picture."""
        self._folder, self._split, self._count = folder, split, count
        self._shape = (image_size, image_size, channels)
        self._per_shard = max(1, BYTES_PER_SHARD // (image_size * image_size * channels))
        self._written = 0
        self._shard = np.empty((0, *self._shape), np.uint8)

    def add(self, picture: np.ndarray) -> None:
        """Write the next picture."""
        position = self._written % self._per_shard
        if position == 0:
            self._shard = self._next_shard()
        self._shard[position] = picture
        self._written += 1

    def _next_shard(self) -> np.ndarray:
        shape = (min(self._per_shard, self._count - self._written), *self._shape)
        path = self._folder / f"{self._split}-{self._written // self._per_shard:05d}.npy"
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def write_tables(folder: Path, split: str, rows: pd.DataFrame, boxes: pd.DataFrame) -> None:
    """Write what is known of the pictures of a split."""
    write_table(folder / f"{split}.parquet", rows, ROW_SCHEMA)
    write_table(folder / f"{split}-boxes.parquet", boxes, SHARD_BOX_SCHEMA)


def write_facts(folder: Path, facts: ShardFacts) -> None:
    """Write meta.json, the last file of a complete folder; what is as usual goes without saying."""
    usual = {field.name: field.default for field in fields(facts)}
    known = {name: value for name, value in facts.__dict__.items() if value != usual[name]}
    atomic.write_json(folder / "meta.json", known)


def read_facts(folder: Path) -> ShardFacts:
    """Read meta.json.

    Raises:
        DataError: there are no shards here.
    """
    path = folder / "meta.json"
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"{path}: not found; run the stage augment_data first"
        raise DataError(msg) from error
    lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    return ShardFacts(**(facts | lists))


def read_split(folder: Path, split: str) -> Split:
    """Map the pictures of `train`, `val` or `test` into memory and read their tables."""
    return Split(
        rows=pd.read_parquet(folder / f"{split}.parquet"),
        boxes=pd.read_parquet(folder / f"{split}-boxes.parquet"),
        shards=tuple(np.load(path, mmap_mode="r") for path in sorted(folder.glob(f"{split}-?????.npy"))),
    )
