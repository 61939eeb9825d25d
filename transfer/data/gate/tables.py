"""The tables that the gate looks at: what was ingested, with columns that can be judged row by row."""

import pandas as pd

from transfer.data.dataset import Dataset

# The column that names a row of each table, in findings and in the results of Great Expectations.
KEYS = {"images": "row", "boxes": "row", "labels": "name", "categories": "name"}


def tables(found: Dataset) -> dict[str, pd.DataFrame]:
    """Return the tables that are not empty: `images`, `boxes`, and a row per class in `labels` and `categories`."""
    images = _images(found)
    every = {
        "images": images,
        "boxes": _boxes(found, images),
        "labels": _classes(found.images["label"], found.labels),
        "categories": _classes(found.boxes["category"], found.categories),
    }
    return {name: table for name, table in every.items() if len(table) or name == "images"}


def _images(found: Dataset) -> pd.DataFrame:
    images = found.images[["image_id", "file", "sha256", "width", "height", "label"]].copy()
    images["shorter_side"] = images[["width", "height"]].min(axis=1)
    images["longer_side"] = images[["width", "height"]].max(axis=1)
    images["aspect"] = images["longer_side"] / images["shorter_side"].clip(lower=1)
    counts = found.boxes["image_id"].value_counts()
    images["num_boxes"] = images["image_id"].map(counts).fillna(0).astype("int64")
    return _numbered(images)


def _boxes(found: Dataset, images: pd.DataFrame) -> pd.DataFrame:
    facts = images.drop_duplicates("image_id")[["image_id", "file", "width", "height"]]
    boxes = found.boxes.merge(facts, on="image_id", how="left")
    boxes["box_width"] = boxes["x_max"] - boxes["x_min"]
    boxes["box_height"] = boxes["y_max"] - boxes["y_min"]
    boxes["shorter_side"] = boxes[["box_width", "box_height"]].min(axis=1)
    over = [-boxes["x_min"], -boxes["y_min"], boxes["x_max"] - boxes["width"], boxes["y_max"] - boxes["height"]]
    boxes["overhang"] = pd.concat(over, axis=1).max(axis=1).clip(lower=0)
    return _numbered(boxes)


def _classes(names: pd.Series, known: tuple[str, ...]) -> pd.DataFrame:
    counts = names.value_counts().reindex(list(known), fill_value=0)
    table = pd.DataFrame({"name": list(known), "count": counts.to_numpy(dtype="int64")})
    table["times_fewer"] = table["count"].max() / table["count"].clip(lower=1)
    return table


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Number the rows: unlike the ids, these numbers are unique whatever the tables hold."""
    table = table.reset_index(drop=True)
    table.insert(0, "row", range(len(table)))
    return table
