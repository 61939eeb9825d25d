"""What happened to the boxes of images that are in both data sets."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

CORNERS = ["x_min", "y_min", "x_max", "y_max"]
SAME = ["image", "category", *CORNERS, "crowd"]
# A box that overlaps an old one of its category this much is that one, moved.
LEAST_OVERLAP = 0.5


def compare(old: pd.DataFrame, new: pd.DataFrame) -> list[dict[str, Any]]:
    """List every box that is not in both tables, as one change each, ordered by image.

    Both tables have `image`, a key that is the same in both, `category`, corners in pixels and `crowd`. A change is
    "recategorised" (same corners, other category), "moved" (same category, overlap of at least half), "added" or
    "removed".
    """
    before, after = (_by_image(table) for table in _leftovers(old, new))
    return [
        {"image": image, **change}
        for image in sorted(before.keys() | after.keys())
        for change in _changes(before.get(image, []), after.get(image, []))
    ]


def _by_image(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    columns = ["category", *CORNERS]
    found: dict[str, list[dict[str, Any]]] = {}
    for image, *values in table[["image", *columns]].itertuples(index=False):
        found.setdefault(str(image), []).append(dict(zip(columns, values, strict=True)))
    return found


def _leftovers(old: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Equal boxes in one image are told apart by their number.
    numbered = [table[SAME].assign(copy=table.groupby(SAME).cumcount()) for table in (old, new)]
    both = numbered[0].merge(numbered[1], how="outer", indicator=True)
    return both[both["_merge"] == "left_only"], both[both["_merge"] == "right_only"]


def _changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for box in list(before):
        same = next((other for other in after if _corners(other) == _corners(box)), None)
        if same is not None:
            before.remove(box)
            after.remove(same)
            yield _change("recategorised", box, same)
    pairs = [(_overlap(a, b), i, j) for i, a in enumerate(before) for j, b in enumerate(after)]
    gone: set[int] = set()
    come: set[int] = set()
    for overlap, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if overlap >= LEAST_OVERLAP and i not in gone and j not in come:
            gone.add(i)
            come.add(j)
            yield _change("moved", before[i], after[j])
    yield from (_change("removed", box, None) for i, box in enumerate(before) if i not in gone)
    yield from (_change("added", None, box) for j, box in enumerate(after) if j not in come)


def _change(what: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    return {"change": what, "old": _shown(old), "new": _shown(new)}


def _shown(box: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if box is None else {"category": box["category"], "box": _corners(box)}


def _corners(box: dict[str, Any]) -> list[float]:
    return [float(box[corner]) for corner in CORNERS]


def _overlap(a: dict[str, Any], b: dict[str, Any]) -> float:
    if a["category"] != b["category"]:
        return 0.0
    one, other = np.array(_corners(a)), np.array(_corners(b))
    inner = np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None).prod()
    union = (one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - inner
    return float(inner / union) if union > 0 else 0.0
