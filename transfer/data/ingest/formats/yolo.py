"""YOLO v5 to v11: data.yaml with the class names, a tree images/ and beside it a tree labels/ of text files."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from transfer.data import paths
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.files import Files
from transfer.data.ingest.formats.records import BrokenAnnotation, RawBox, RawImage, split_of
from transfer.data.ingest.formats.yolo_splits import splits_of
from transfer.data.source import Source
from transfer.errors import DataError

# Turns the text of data.yaml into Python objects; passed in, as this library knows no YAML.
ParseYaml = Callable[[str], Any]


def evidence(source: Source, files: Files) -> str | None:
    """Say what speaks for this format, or return None."""
    found = _descriptions(source, files)
    return f"{found[0]} with class names" if found else None


def owns(name: str) -> bool:
    """True for the description, label files and lists of splits."""
    is_text = paths.extension(name) == ".txt"
    return paths.extension(name) in (".yaml", ".yml") or (
        is_text and ("labels" in name.split("/") or split_of(paths.stem(name)) is not None)
    )


def read(source: Source, files: Files, ledger: Ledger, *, parse_yaml: ParseYaml) -> Iterator[RawImage]:
    """Yield every image that has a label file; an empty label file describes an image without boxes.

    Raises:
        DataError: there is not exactly one description, or it does not give the class names.
    """
    described_in = _only_description(source, files)
    description = _load(source, described_in, parse_yaml)
    names = _names(description, described_in)
    splits = splits_of(description, described_in, source, files, ledger)
    labels = {name for name in files.with_extension(".txt") if "labels" in name.split("/")}
    for image in files.images:
        label = _label_file(image)
        if label not in labels:
            continue
        labels.discard(label)
        boxes = _boxes(source, label, names, ledger)
        found = splits.get(image, ())
        usable = boxes is not None
        if len(found) > 1:
            usable = (
                ledger.note("split_conflict", image, f"{described_in} lists it in {' and '.join(found)}") and usable
            )
        split = found[0] if found else None
        yield RawImage(image, label, split=split, boxes=tuple(boxes or ()), relative=True, usable=usable)
    for label in labels:
        ledger.note("annotation_without_image", label, "no image of this name in the tree images/")


def _descriptions(source: Source, files: Files) -> list[str]:
    found = files.with_extension(".yaml", ".yml")
    return [name for name in found if any(line.startswith(b"names") for line in source.read(name).splitlines())]


def _only_description(source: Source, files: Files) -> str:
    found = _descriptions(source, files)
    if len(found) != 1:
        msg = (
            f"{source.root}: expected one YAML file with the class names ('names:'), found {', '.join(found) or 'none'}"
        )
        raise DataError(msg)
    return found[0]


def _load(source: Source, name: str, parse_yaml: ParseYaml) -> Mapping[str, Any]:
    try:
        value = parse_yaml(source.read(name).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        msg = f"{source.root}: {name}: not valid YAML: {error}"
        raise DataError(msg) from error
    if not isinstance(value, dict):
        msg = f"{source.root}: {name}: expected keys such as names, train and val"
        raise DataError(msg)
    if "kpt_shape" in value:
        msg = f"{source.root}: {name}: labels with keypoints (kpt_shape) are not read; export boxes instead"
        raise DataError(msg)
    return value


def _names(description: Mapping[str, Any], name: str) -> dict[int, str]:
    names = description.get("names")
    entries = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(entries, dict) or not entries:
        msg = f"{name}: names is {names!r}, expected a list of class names or a mapping from number to name"
        raise DataError(msg)
    for number, entry in entries.items():
        # YAML reads an unquoted yes, no, on or off as a truth value.
        if type(number) is not int or type(entry) not in (str, int):
            msg = f"{name}: names: {number!r}: {entry!r} is no class number with a name; put names in quotes"
            raise DataError(msg)
    return {number: str(entry) for number, entry in entries.items()}


def _label_file(image: str) -> str | None:
    """The same path in the tree labels/: the last folder `images` is replaced."""
    parts = image.split("/")
    folders = parts[:-1]
    if "images" not in folders:
        return None
    last = len(folders) - 1 - folders[::-1].index("images")
    return "/".join([*folders[:last], "labels", *folders[last + 1 :], f"{paths.stem(image)}.txt"])


class _Line(NamedTuple):
    number: int
    values: tuple[float, ...]


def _boxes(source: Source, label: str, names: Mapping[int, str], ledger: Ledger) -> list[RawBox] | None:
    """Read the boxes of one label file; None when it is broken."""
    try:
        lines = [_line(number, text) for number, text in _texts(source, label)]
    except (BrokenAnnotation, DataError) as error:
        ledger.note("broken_annotation", label, str(error))
        return None
    polygons = [line for line in lines if len(line.values) > 4]
    if polygons and not ledger.note("polygon_annotation", label, f"{len(polygons)} polygons among {len(lines)} lines"):
        lines = [line for line in lines if len(line.values) == 4]
    for line in lines:
        if line.number not in names:
            reason = f"class {line.number} is not among the {len(names)} names of the description"
            ledger.note("unknown_class", label, reason)
    return [_box(line, names[line.number]) for line in lines if line.number in names]


def _texts(source: Source, label: str) -> Iterator[tuple[int, str]]:
    text = source.read(label).decode("utf-8-sig", "replace")
    return ((number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip())


def _line(number: int, text: str) -> _Line:
    words = text.split()
    try:
        values = tuple(float(word) for word in words[1:])
        category = int(words[0]) if words[0].isdigit() else -1
    except ValueError as error:
        msg = f"line {number}: {error}"
        raise BrokenAnnotation(msg) from error
    is_polygon = len(values) >= 6 and len(values) % 2 == 0
    if category < 0 or not (len(values) == 4 or is_polygon) or not all(map(math.isfinite, values)):
        msg = f"line {number}: {text[:60]!r}, expected a class number and x, y, width, height, or a polygon"
        raise BrokenAnnotation(msg)
    return _Line(category, values)


def _box(line: _Line, category: str) -> RawBox:
    if len(line.values) > 4:
        return RawBox(category, *_around(line.values))
    x, y, width, height = line.values
    return RawBox(category, x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _around(polygon: Sequence[float]) -> tuple[float, float, float, float]:
    xs, ys = polygon[0::2], polygon[1::2]
    return min(xs), min(ys), max(xs), max(ys)
