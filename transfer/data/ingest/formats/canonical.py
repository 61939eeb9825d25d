"""A canonical data set as a source of records, so that drawn images pass the same checks as everybody's."""

from collections import defaultdict
from collections.abc import Iterator

import pandas as pd

from transfer.data.dataset import CORNERS, Dataset
from transfer.data.ingest.formats.records import RawBox, RawImage


def read(dataset: Dataset) -> Iterator[RawImage]:
    """Yield every image with its boxes, label, split and group."""
    boxes: dict[int, list[RawBox]] = defaultdict(list)
    columns = ["image_id", "category", *CORNERS, "crowd"]
    for image_id, *values in dataset.boxes[columns].itertuples(index=False):
        boxes[image_id].append(RawBox(*values))
    columns = ["image_id", "file", "label", "split", "group"]
    for image_id, file, *names in dataset.images[columns].itertuples(index=False):
        label, split, group = (None if pd.isna(name) else str(name) for name in names)
        yield RawImage(file, "", label=label, split=split, group=group, boxes=tuple(boxes[image_id]))
