"""How answers are written: JSON lines, CSV, COCO JSON, or pictures with the answers drawn on them."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from receiver import atomic, drawing
from receiver.answers import Seen
from receiver.errors import UsageError
from receiver.standalone.predict import Model, csv_header, csv_rows

# `render` runs in threads, one image each; `write` gets what it returned, in order.
Render = Callable[[Seen], Any]
Write = Callable[[Any], None]
Opened = tuple[Render, Write]
Format = Callable[[Model, Path | None], AbstractContextManager[Opened]]


@contextmanager
def json_lines(_model: Model, output: Path | None) -> Iterator[Opened]:
    """Write one object per image: its file and the answer."""
    with _stream(output) as stream:
        yield (lambda seen: _json({"file": seen.name, **seen.answer})), partial(print, file=stream)


@contextmanager
def table(model: Model, output: Path | None) -> Iterator[Opened]:
    """Write CSV: one row per image, or one per box."""
    with _stream(output) as stream:
        stream.write(_rows([csv_header(model)]))
        yield (lambda seen: _rows(csv_rows(seen.name, seen.answer))), partial(print, end="", file=stream)


@contextmanager
def coco(model: Model, output: Path | None) -> Iterator[Opened]:
    """Write a COCO data set whose annotations are the boxes that were found, with their scores."""
    if model.task != "detection":
        msg = f"COCO JSON is for boxes, and the task is {model.task}; use --task detection, or --format jsonl"
        raise UsageError(msg)
    ids = {name: number for number, name in enumerate(model.categories, start=1)}
    images: list[str] = []
    annotations: list[str] = []

    def write(rendered: tuple[str, list[dict[str, Any]]]) -> None:
        images.append(rendered[0])
        numbered = enumerate(rendered[1], start=len(annotations) + 1)
        annotations.extend([_json({"id": number, **box}) for number, box in numbered])

    with _stream(output) as stream:
        yield (lambda seen: _coco_entry(seen, ids)), write
        categories = [_json({"id": number, "name": name}) for name, number in ids.items()]
        named = {"images": images, "annotations": annotations, "categories": categories}
        parts = (f'"{name}": [' + ",\n".join(entries) + "]" for name, entries in named.items())
        stream.write("{" + ",\n".join(parts) + "}\n")


def _coco_entry(seen: Seen, ids: dict[str, int]) -> tuple[str, list[dict[str, Any]]]:
    height, width = seen.pixels.shape[:2]
    number = seen.number + 1
    boxes = []
    for box in seen.answer["boxes"]:
        left, top, right, bottom = box["box"]
        size = [right - left, bottom - top]
        boxes.append(
            {
                "image_id": number,
                "category_id": ids[box["label"]],
                "bbox": [left, top, *size],
                "area": size[0] * size[1],
                "iscrowd": 0,
                "score": box["score"],
            }
        )
    return _json({"id": number, "file_name": seen.name, "width": width, "height": height}), boxes


@contextmanager
def pictures(model: Model, output: Path | None) -> Iterator[Opened]:
    """Write a folder of JPEGs, one per image, with the answer on each."""
    if output is None:
        msg = "pictures need a folder to be written to: add --output FOLDER"
        raise UsageError(msg)
    taken: set[str] = set()
    with atomic.new_folder(output) as folder:

        def write(rendered: tuple[str, bytes]) -> None:
            name = _free_name(Path(rendered[0]).name, taken)
            (folder / name).write_bytes(rendered[1])

        yield (lambda seen: (seen.name, drawing.draw(seen.pixels, seen.answer, model.categories))), write


def _free_name(name: str, taken: set[str]) -> str:
    """Name a picture like its image; of several images of one name the later ones get numbers."""
    stem = name.rpartition(".")[0] or name
    number = 1
    # Some systems take large and small letters for the same.
    while (free := f"{stem}.jpg" if number == 1 else f"{stem}-{number}.jpg").casefold() in taken:
        number += 1
    taken.add(free.casefold())
    return free


FORMATS: dict[str, Format] = {"jsonl": json_lines, "csv": table, "coco": coco, "pictures": pictures}


@contextmanager
def _stream(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        # File names need not be valid UTF-8; Windows would write its own line ends and letters.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
        yield sys.stdout
        sys.stdout.flush()
        return
    with (
        atomic.new_file(output) as beside,
        beside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream,
    ):
        yield stream


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rows(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
