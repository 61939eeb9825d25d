"""The canonical data set: an image table, a box table and what they share, whatever format they came in."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from transfer import atomic
from transfer.data.reading import USUAL, Reading
from transfer.errors import DataError

# One row per image, ordered by file. `file` is relative to the source's root; width and height are pixels after the
# EXIF orientation is applied; mode, format and orientation are as stored in the file.
IMAGE_SCHEMA = pa.schema(
    [
        ("image_id", pa.int64()),
        ("file", pa.string()),
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("mode", pa.string()),
        ("format", pa.string()),
        ("orientation", pa.int8()),
        ("label", pa.string()),
        ("split", pa.string()),
        ("group", pa.string()),
    ]
)
# The corners of a box as columns of every table of boxes.
CORNERS = ["x_min", "y_min", "x_max", "y_max"]
# One row per box, ordered by image. Corners are pixels of the oriented image, 0-based, the maximum exclusive:
# a box that covers the whole image is (0, 0, width, height).
BOX_SCHEMA = pa.schema(
    [
        ("box_id", pa.int64()),
        ("image_id", pa.int64()),
        ("category", pa.string()),
        *((corner, pa.float64()) for corner in CORNERS),
        ("crowd", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Dataset:
    """`labels` are the classes of the images, `categories` those of the boxes; both sorted, either may be empty.

    `root` is the folder or the zip file that `images.file` is relative to, `reading` how their pixels are to be read.
    """

    root: Path
    images: pd.DataFrame
    boxes: pd.DataFrame
    labels: tuple[str, ...]
    categories: tuple[str, ...]
    fingerprint: str
    reading: Reading = USUAL


def write(folder: Path, dataset: Dataset) -> None:
    """Write the tables and `dataset.json` into a folder that exists; the same data set gives the same bytes."""
    write_table(folder / "images.parquet", dataset.images, IMAGE_SCHEMA)
    write_table(folder / "boxes.parquet", dataset.boxes, BOX_SCHEMA)
    facts = {
        "root": dataset.root.as_posix(),
        "labels": dataset.labels,
        "categories": dataset.categories,
        "num_images": len(dataset.images),
        "num_boxes": len(dataset.boxes),
        "fingerprint": dataset.fingerprint,
    }
    if dataset.reading != USUAL:
        facts["reading"] = dataset.reading.__dict__
    atomic.write_json(folder / "dataset.json", facts)


def read(folder: Path) -> Dataset:
    """Read what `write` wrote.

    Raises:
        DataError: the folder holds no canonical data set.
    """
    try:
        facts = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        images = pd.read_parquet(folder / "images.parquet")
        boxes = pd.read_parquet(folder / "boxes.parquet")
    except FileNotFoundError as error:
        msg = f"{error.filename}: not found; run the stage ingest_data first"
        raise DataError(msg) from error
    return Dataset(
        root=Path(facts["root"]),
        images=images,
        boxes=boxes,
        labels=tuple(facts["labels"]),
        categories=tuple(facts["categories"]),
        fingerprint=facts["fingerprint"],
        reading=_reading(**facts["reading"]) if "reading" in facts else USUAL,
    )


def _reading(channels: int, window: list[int]) -> Reading:
    return Reading(channels, (window[0], window[1]))


def write_table(path: Path, frame: pd.DataFrame, schema: pa.Schema) -> None:
    """Write the columns of the schema as Parquet, without pandas' own metadata: it holds library versions."""
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
    with atomic.replacing(path) as beside:
        pq.write_table(table, beside)
