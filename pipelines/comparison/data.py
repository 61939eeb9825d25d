"""What changed in the data: images, labels, splits, boxes, and the sources they came from."""

from io import BytesIO
from typing import Any

import pandas as pd

from pipelines.comparison import boxes, matching, sources
from pipelines.comparison.storage import Side

IMAGES, BOXES, SPLITS = "data/ingested/images.parquet", "data/ingested/boxes.parquet", "data/splits/splits.parquet"
NOWHERE = "in no split"


def compare(old: Side, new: Side) -> dict[str, Any]:
    """Compare the tables of both sides; `images` and `boxes` are None where a table is missing."""
    before, after = images(old), images(new)
    moved = sources.changed(old.record, new.record, kind="data")
    if before is None or after is None:
        return {"sources": moved, "images": None, "boxes": None}
    pairs = matching.match(before, after)
    names = after["file"].iloc[pairs["new"]].to_numpy()
    boxed = [
        _boxes(side, table["image_id"].iloc[places], names)
        for side, table, places in ((old, before, pairs["old"]), (new, after, pairs["new"]))
    ]
    return {"sources": moved, "images": _images(before, after, pairs), "boxes": _changed_boxes(*boxed)}


def images(side: Side) -> pd.DataFrame | None:
    """Return a side's image table, with the split that each image is in as `placed`; None where it is missing."""
    table, splits = _table(side, IMAGES), _table(side, SPLITS)
    if table is None:
        return None
    if splits is None:
        return table.assign(placed=None)
    places = splits.set_index("image_id")["split"]
    return table.assign(placed=table["image_id"].map(places).fillna(NOWHERE))


def _table(side: Side, path: str) -> pd.DataFrame | None:
    data = side.read(path)
    return None if data is None else pd.read_parquet(BytesIO(data))


def _images(old: pd.DataFrame, new: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Any]:
    before = old.iloc[pairs["old"]].reset_index(drop=True)
    after = new.iloc[pairs["new"]].reset_index(drop=True)
    hashed = "sha256" in before and "sha256" in after
    replaced = _differ(before["sha256"], after["sha256"]) if hashed else pd.Series(False, index=before.index)
    return {
        "old": len(old),
        "new": len(new),
        "in_both": len(pairs),
        "matched_by": "content, then file name" if hashed else "file name",
        "added": _others(new, pairs["new"]),
        "removed": _others(old, pairs["old"]),
        "replaced": sorted(after["file"][replaced]),
        "renamed": _changes(before, after, "file"),
        "relabelled": _changes(before, after, "label"),
        # A split table that is missing moves no image.
        "moved": [] if old["placed"].isna().all() or new["placed"].isna().all() else _changes(before, after, "placed"),
        "splits": {"old": _counts(old), "new": _counts(new)},
    }


def _others(table: pd.DataFrame, matched: pd.Series) -> list[dict[str, Any]]:
    rest = table.drop(index=table.index[matched]).sort_values("file")
    rows = zip(rest["file"], rest["label"], rest["placed"], strict=True)
    return [{"file": file, "label": _plain(label), "split": _plain(split)} for file, label, split in rows]


def _changes(before: pd.DataFrame, after: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    differ = _differ(before[column], after[column])
    rows = zip(after["file"][differ], before[column][differ], after[column][differ], strict=True)
    return sorted(
        ({"file": file, "old": _plain(old), "new": _plain(new)} for file, old, new in rows), key=lambda c: c["file"]
    )


def _differ(old: pd.Series, new: pd.Series) -> pd.Series:
    # Nothing is like nothing: two images without a label are not relabelled.
    return (old != new) & ~(old.isna() & new.isna())


def _counts(table: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in table["placed"].value_counts().sort_index().items()}


def _boxes(side: Side, image_ids: pd.Series, names: Any) -> pd.DataFrame | None:
    """Return a side's boxes with the name that their image has on both sides, as `image`; none for lone images."""
    table = _table(side, BOXES)
    known = pd.Series(names, index=image_ids.to_numpy(), dtype=object)
    return None if table is None else table.assign(image=table["image_id"].map(known))


def _changed_boxes(old: pd.DataFrame | None, new: pd.DataFrame | None) -> dict[str, Any] | None:
    if old is None or new is None:
        return None
    changes = boxes.compare(old.dropna(subset=["image"]), new.dropna(subset=["image"]))
    kinds = ("added", "removed", "moved", "recategorised")
    counts = {what: sum(change["change"] == what for change in changes) for what in kinds}
    return {"old": len(old), "new": len(new), **counts, "changes": changes}


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value
