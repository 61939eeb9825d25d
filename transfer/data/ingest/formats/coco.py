"""COCO: one or several JSON files with images, annotations and categories."""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transfer.data import paths
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.files import Files, could_be
from transfer.data.ingest.formats.records import BrokenAnnotation, RawBox, RawImage, split_of
from transfer.data.source import Source
from transfer.errors import DataError

# What publishers call the file with the boxes, where captions or keypoints of the same images lie beside it.
MAIN_FILE = re.compile(r"(^|/)(instances_[^/]*|_annotations\.coco)\.json$")


def evidence(source: Source, files: Files) -> str | None:
    """Say what speaks for this format, or return None."""
    found = _annotation_files(source, files)
    return f"{len(found)} JSON files with images and annotations, such as {found[0]}" if found else None


def owns(name: str) -> bool:
    """True for annotations."""
    return paths.extension(name) == ".json"


def read(source: Source, files: Files, ledger: Ledger) -> Iterator[RawImage]:
    """Yield the images of all JSON files; category ids may differ between them, names are what counts.

    Where there are files named instances_*.json or _annotations.coco.json, other JSON files are left out.
    """
    used = _annotation_files(source, files)
    for name in files.with_extension(".json"):
        if name not in used:
            ledger.note("other_file", name, "JSON that is not the file with the boxes")
    for name in used:
        try:
            content = _parse(source, name)
        except BrokenAnnotation as error:
            ledger.note("broken_annotation", name, str(error))
            continue
        yield from _images(name, content, files, ledger)


def _annotation_files(source: Source, files: Files) -> list[str]:
    found = files.with_extension(".json")
    named = [name for name in found if MAIN_FILE.search(name)]
    return named or [name for name in found if _has_keys(source.read(name))]


def _has_keys(data: bytes) -> bool:
    return b'"images"' in data and b'"annotations"' in data


@dataclass(frozen=True)
class _Content:
    images: Sequence[Mapping[str, Any]]
    annotations: Sequence[Any]
    categories: Mapping[Any, str]


@dataclass(frozen=True)
class _Boxes:
    """Boxes by image id, and the ids of images that have to go because one of their records is broken."""

    of: dict[Any, list[RawBox]] = field(default_factory=lambda: defaultdict(list))
    spoilt: set[Any] = field(default_factory=set)


def _parse(source: Source, name: str) -> _Content:
    try:
        value = json.loads(source.read(name))
    except (ValueError, RecursionError, DataError) as error:
        msg = f"not valid JSON: {error}"
        raise BrokenAnnotation(msg) from error
    images, annotations, categories = (_list(value, key) for key in ("images", "annotations", "categories"))
    if not all(isinstance(image, dict) and _is_id(image.get("id")) and image.get("file_name") for image in images):
        msg = "an entry of images lacks its id or file_name"
        raise BrokenAnnotation(msg)
    return _Content(images, annotations, _categories(categories))


def _list(value: Any, key: str) -> list[Any]:
    part = value.get(key) if isinstance(value, dict) else None
    if not isinstance(part, list):
        msg = f"expected an object with the lists images, annotations and categories; {key} is {type(part).__name__}"
        raise BrokenAnnotation(msg)
    return part


def _categories(entries: Sequence[Any]) -> dict[Any, str]:
    names: dict[Any, str] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not _is_id(entry.get("id")) or not isinstance(entry.get("name"), str):
            msg = f"an entry of categories lacks its id or name: {entry!r}"
            raise BrokenAnnotation(msg)
        if names.setdefault(entry["id"], entry["name"]) != entry["name"]:
            msg = f"category id {entry['id']} has two names: {names[entry['id']]!r} and {entry['name']!r}"
            raise BrokenAnnotation(msg)
    return names


def _images(name: str, content: _Content, files: Files, ledger: Ledger) -> Iterator[RawImage]:
    times = Counter(image["id"] for image in content.images)
    boxes = _boxes(name, content, ledger)
    split = _split(name)
    for image in sorted(content.images, key=lambda image: (str(image["file_name"]), str(image["id"]))):
        file = _find(str(image["file_name"]), name, files, ledger)
        usable = image["id"] not in boxes.spoilt
        if times[image["id"]] > 1:
            reason = f"image id {image['id']} is given {times[image['id']]} times, here to {image['file_name']}"
            usable = ledger.note("duplicate_image_id", name, reason) and usable
        if file is not None:
            of_image = tuple(boxes.of.get(image["id"], ()))
            yield RawImage(file, name, split=split, boxes=of_image, size=_size(image), usable=usable)


def _boxes(name: str, content: _Content, ledger: Ledger) -> _Boxes:
    known = {image["id"] for image in content.images}
    seen: set[Any] = set()
    boxes = _Boxes()
    for entry in content.annotations:
        image_id = entry.get("image_id") if isinstance(entry, dict) else None
        if not _is_id(image_id) or image_id not in known:
            shown = entry.get("id") if isinstance(entry, dict) else entry
            ledger.note(
                "annotation_without_image",
                name,
                f"annotation {shown!r} is of image id {image_id!r}, which is not listed",
            )
        elif _id_is_fine(name, entry, seen, ledger):
            _add(name, entry, content.categories, boxes, ledger)
    return boxes


def _id_is_fine(name: str, entry: Mapping[str, Any], seen: set[Any], ledger: Ledger) -> bool:
    number = entry.get("id")
    if number is None or not _is_id(number):
        return True
    repeated = number in seen
    seen.add(number)
    where = f"on image id {entry['image_id']}"
    if repeated:
        return ledger.note("duplicate_annotation_id", name, f"annotation id {number} again {where}")
    return number != 0 or ledger.note("annotation_id_zero", name, f"annotation id 0 {where}")


def _add(name: str, entry: Mapping[str, Any], categories: Mapping[Any, str], boxes: _Boxes, ledger: Ledger) -> None:
    image_id, category_id = entry["image_id"], entry.get("category_id")
    corners = _corners(entry.get("bbox"))
    if corners is None:
        reason = f"annotation {entry.get('id')!r}: bbox is {entry.get('bbox')!r}, expected [x, y, width, height]"
        ledger.note("broken_annotation", name, reason)
        boxes.spoilt.add(image_id)
    elif not _is_id(category_id) or category_id not in categories:
        reason = (
            f"annotation {entry.get('id')!r}: category id {category_id!r} is not among the {len(categories)} declared"
        )
        ledger.note("unknown_class", name, reason)
    else:
        boxes.of[image_id].append(RawBox(categories[category_id], *corners, crowd=bool(entry.get("iscrowd"))))


def _corners(bbox: Any) -> tuple[float, float, float, float] | None:
    is_number = isinstance(bbox, list) and len(bbox) == 4 and all(type(value) in (int, float) for value in bbox)
    if not is_number or not all(math.isfinite(value) for value in bbox):
        return None
    x, y, width, height = map(float, bbox)
    return x, y, x + width, y + height


def _find(file_name: str, name: str, files: Files, ledger: Ledger) -> str | None:
    candidates = files.meant_by(file_name, name)
    if len(candidates) > 1:
        split = _split(name)
        candidates = [image for image in candidates if split in map(_folder_split, image.split("/")[:-1])] or candidates
    if len(candidates) == 1:
        return candidates[0]
    reason = could_be(candidates, "no such image")
    ledger.note("annotation_without_image", name, f"file_name {file_name!r}: {reason}")
    return None


def _split(name: str) -> str | None:
    """The split that `instances_train2017.json` or `valid/_annotations.coco.json` speaks of."""
    words = re.split(r"[^A-Za-z]+", paths.stem(name))
    of_file = next((split for split in map(split_of, words) if split), None)
    return of_file or next((split for split in map(_folder_split, reversed(name.split("/")[:-1])) if split), None)


def _folder_split(folder: str) -> str | None:
    return split_of(folder.rstrip("0123456789"))


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = image.get("width"), image.get("height")
    return (width, height) if type(width) is int and type(height) is int and width > 0 and height > 0 else None


def _is_id(value: Any) -> bool:
    return type(value) in (int, str)
