"""Parts of the test images that tables tell apart: by group, mode, file format, orientation and size."""

from collections.abc import Iterator

import pandas as pd

COLUMNS = ("group", "mode", "format", "orientation")
# More parts than these are no slices; smaller ones say nothing.
MOST_PARTS = 12
FEWEST_IMAGES = 5


def of(answers: pd.DataFrame, images: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the slices of a table with `file`, each with its kind, its name and its rows; a kind has two at least."""
    columns = {name: images[name] for name in COLUMNS if name in images}
    known = pd.DataFrame({**columns, "size": _sizes(images)}).set_index(images["file"])
    names = known.reindex(answers["file"]).set_index(answers.index)
    return [part for kind in names for part in _parts(answers, names[kind], str(kind))]


def _parts(answers: pd.DataFrame, names: "pd.Series[str]", kind: str) -> Iterator[tuple[str, str, pd.DataFrame]]:
    parts = [(name, rows) for name, rows in answers.groupby(names) if len(rows) >= FEWEST_IMAGES]
    if 2 <= len(parts) <= MOST_PARTS:
        yield from ((kind, str(name), rows) for name, rows in parts)


def _sizes(images: pd.DataFrame) -> "pd.Series[str]":
    """Name the third of all images that each is in by its area; images of one size are one part."""
    area = (images["width"].astype("int64") * images["height"]).rank(method="average", pct=True)
    return pd.cut(area, [0, 1 / 3, 2 / 3, 1], labels=["small third", "middle third", "large third"]).astype("str")
