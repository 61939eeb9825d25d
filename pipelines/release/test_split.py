"""Whether two bundles were measured on the same test images: a comparison of anything else would be chance."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipelines.release.evidence import Bundle

Truths = Mapping[str, Any]


def difference(candidate: Bundle, champion: Bundle, task: str) -> str | None:
    """Return what is not the same, as part of a sentence; None where the test splits are one."""
    truths = _labels if task == "classification" else _boxes
    mine, theirs = truths(candidate), truths(champion)
    lone = len(mine.keys() - theirs.keys()), len(theirs.keys() - mine.keys())
    if any(lone):
        return f"{lone[0]:,} test images only the candidate has and {lone[1]:,} only the champion"
    other = sum(mine[image] != theirs[image] for image in mine)
    what = "labels" if task == "classification" else "true boxes"
    return f"other {what} of {other:,} of {len(mine):,} test images" if other else None


def keys(images: pd.DataFrame) -> "pd.Series[str]":
    """Return what an image is known by: its bytes' hash, or its name where that is not known; unique.

    `images` has `file` and may have `sha256`.
    """
    known = images["sha256"] if "sha256" in images else pd.Series(None, index=images.index, dtype=object)
    key = known.where(known.notna(), images["file"]).astype(str)
    # Copies of one image are told apart by their number.
    return key + "#" + images.assign(key=key).sort_values("file").groupby("key").cumcount().sort_index().astype(str)


def _labels(bundle: Bundle) -> Truths:
    table = bundle.predictions()
    return dict(zip(keys(table), table["label"], strict=True))


def _boxes(bundle: Bundle) -> Truths:
    truth = bundle.json("detector_truth.json")
    images = pd.DataFrame(truth["images"]).rename(columns={"file_name": "file"})
    key_of = dict(zip(images["id"], keys(images), strict=True))
    names = {category["id"]: category["name"] for category in truth["categories"]}
    boxes: dict[str, list[Any]] = {key: [] for key in key_of.values()}
    for box in truth["annotations"]:
        boxes[key_of[box["image_id"]]].append((names[box["category_id"]], *box["bbox"], box.get("iscrowd", 0)))
    return {key: sorted(found) for key, found in boxes.items()}
