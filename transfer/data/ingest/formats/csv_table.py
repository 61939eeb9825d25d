"""CSV: one row per image or per box."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from transfer.data import paths
from transfer.data.dataset import CORNERS
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.files import Files, could_be
from transfer.data.ingest.formats.records import BrokenAnnotation, RawBox, RawImage, split_of
from transfer.data.source import Source

COLUMNS = ("file", "label", "split", "group", "width", "height", "category", *CORNERS)
# Names in wide use, for the columns above.
OTHER_NAMES = {
    "filename": "file",
    "class": "category",
    "xmin": "x_min",
    "ymin": "y_min",
    "xmax": "x_max",
    "ymax": "y_max",
}
DELIMITERS = (",", ";", "\t")


def evidence(source: Source, files: Files) -> str | None:
    """Say what speaks for this format, or return None."""
    found = [name for name in files.with_extension(".csv") if "file" in _header(source, name)]
    return f"{len(found)} CSV files with a column 'file', such as {found[0]}" if found else None


def owns(name: str) -> bool:
    """True for tables."""
    return paths.extension(name) == ".csv"


def read(source: Source, files: Files, ledger: Ledger) -> Iterator[RawImage]:
    """Yield the images that all CSV files list; boxes are pixels, 0-based, the maximum exclusive.

    The delimiter is a comma, a semicolon or a tab. Rows without corners describe an image without boxes.
    The split is the column's, or else the name of the table where that is a split's.
    """
    for name in files.with_extension(".csv"):
        unused = [column for column in _header(source, name) if column not in COLUMNS]
        for column in unused:
            ledger.note("unused_column", name, f"column {column!r}; columns with a meaning: {', '.join(COLUMNS)}")
        try:
            images = _described(_rows(source, name), name, files, ledger)
        except (BrokenAnnotation, csv.Error) as error:
            ledger.note("broken_annotation", name, str(error))
            continue
        for file, described in images.items():
            yield described.record(file, name)


@dataclass
class _Described:
    """What the rows of one image say; all have to say the same, but for the boxes."""

    facts: tuple[str | None, str | None, str | None, tuple[int, int] | None]
    boxes: list[RawBox] = field(default_factory=list)
    usable: bool = True

    def record(self, file: str, name: str) -> RawImage:
        label, split, group, size = self.facts
        return RawImage(
            file, name, label=label, split=split, group=group, boxes=tuple(self.boxes), size=size, usable=self.usable
        )


def _described(
    rows: Iterator[tuple[int, Mapping[str, str]]], name: str, files: Files, ledger: Ledger
) -> dict[str, _Described]:
    images: dict[str, _Described] = {}
    for number, row in rows:
        file = _find(row.get("file", ""), number, name, files, ledger)
        if file is None:
            continue
        try:
            facts, box = _facts(row, name), _box(row)
            image = images.setdefault(file, _Described(facts))
            if image.facts != facts:
                msg = f"label, split, group or size of {file} differ from an earlier row"
                raise BrokenAnnotation(msg)
            image.boxes += [box] if box is not None else []
        except BrokenAnnotation as error:
            ledger.note("broken_annotation", name, f"row {number}: {error}")
            images.setdefault(file, _Described((None, None, None, None))).usable = False
    return images


def _facts(row: Mapping[str, str], name: str) -> tuple[str | None, str | None, str | None, tuple[int, int] | None]:
    stated = row.get("split", "")
    split = split_of(stated or paths.stem(name))
    if stated and split is None:
        msg = f"split is {stated!r}, expected train, val or test"
        raise BrokenAnnotation(msg)
    sides = (row.get("width", ""), row.get("height", ""))
    size = (int(_number(sides[0], "width")), int(_number(sides[1], "height"))) if all(sides) else None
    return row.get("label") or None, split, row.get("group") or None, size


def _box(row: Mapping[str, str]) -> RawBox | None:
    corners = [row.get(column, "") for column in CORNERS]
    if not any(corners):
        return None
    category = row.get("category") or row.get("label")
    if not category:
        msg = "a box without category"
        raise BrokenAnnotation(msg)
    x_min, y_min, x_max, y_max = (_number(text, column) for text, column in zip(corners, CORNERS, strict=True))
    return RawBox(category, x_min, y_min, x_max, y_max)


def _number(text: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        msg = f"{column} is {text!r}, expected a number"
        raise BrokenAnnotation(msg)
    return value


def _find(file: str, number: int, name: str, files: Files, ledger: Ledger) -> str | None:
    candidates = files.meant_by(file, name)
    if len(candidates) == 1:
        return candidates[0]
    reason = could_be(candidates, "no such image")
    ledger.note("annotation_without_image", name, f"row {number}: file {file!r}: {reason}")
    return None


def _rows(source: Source, name: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    text = _text(source, name)
    header = _header(source, name)
    if "file" not in header or len(set(header)) < len(header):
        msg = f"expected different column names, 'file' among them; found {', '.join(header)}"
        raise BrokenAnnotation(msg)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    next(reader)
    return ((reader.line_num, dict(zip(header, map(str.strip, row), strict=False))) for row in reader if any(row))


def _header(source: Source, name: str) -> list[str]:
    text = _text(source, name).partition("\n")[0]
    columns = [column.strip().strip('"').lower() for column in text.split(_delimiter(text))]
    return [OTHER_NAMES.get(column, column) for column in columns]


def _text(source: Source, name: str) -> str:
    return source.read(name).decode("utf-8-sig", "replace")


def _delimiter(text: str) -> str:
    return max(DELIMITERS, key=text.partition("\n")[0].count)
