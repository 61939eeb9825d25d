"""Figures of a data set for people to look at; no rule depends on them."""

from typing import Any

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.gate.repeats import linked_share


def statistics(found: Dataset, links: pd.DataFrame) -> dict[str, Any]:
    """Return counts per class, split and tier of duplicates, and sizes in pixels as [smallest, median, largest]."""
    images, boxes = found.images, found.boxes
    return {
        "num_images": len(images),
        "num_boxes": len(boxes),
        "images_per_label": _counts(images["label"], found.labels),
        "images_without_label": int(images["label"].isna().sum()),
        "boxes_per_category": _counts(boxes["category"], found.categories),
        "images_without_box": int((~images["image_id"].isin(boxes["image_id"])).sum()),
        "images_per_supplied_split": _counts(images["split"], tuple(sorted(images["split"].dropna().unique()))),
        "num_named_groups": int(images["group"].nunique()),
        "width": _spread(images["width"]),
        "height": _spread(images["height"]),
        "box_width": _spread(boxes["x_max"] - boxes["x_min"]),
        "box_height": _spread(boxes["y_max"] - boxes["y_min"]),
        "links_per_tier": {name: int(count) for name, count in sorted(links["tier"].value_counts().items())},
        "linked_share": linked_share(images, links),
    }


def _counts(names: pd.Series, known: tuple[str, ...]) -> dict[str, int]:
    counts = names.value_counts().reindex(list(known), fill_value=0)
    return {name: int(counts[name]) for name in known}


def _spread(values: pd.Series) -> list[float]:
    if values.empty:
        return []
    return [round(float(value), 1) for value in (values.min(), values.median(), values.max())]
