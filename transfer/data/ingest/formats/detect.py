"""The table of formats: find the one a source is in, and read it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import ModuleType

from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats import coco, csv_table, imagefolder, voc, yolo
from transfer.data.ingest.formats.files import Files, sort_out
from transfer.data.ingest.formats.records import RawImage
from transfer.data.source import Source
from transfer.errors import DataError

FORMATS: Mapping[str, ModuleType] = {
    "voc": voc,
    "coco": coco,
    "yolo": yolo,
    "csv": csv_table,
    "imagefolder": imagefolder,
}
LOOKED_FOR = {
    "voc": "XML files with <annotation>",
    "coco": "JSON files with images and annotations",
    "yolo": "a YAML file with 'names:' beside the trees images/ and labels/",
    "csv": "a CSV file with a column 'file'",
    "imagefolder": "images in one folder per class",
}


def detect(source: Source, files: Files) -> str:
    """Name the format; ImageFolder is one only where nothing else is found.

    Raises:
        DataError: nothing is found, or several formats are.
    """
    found = {name: module.evidence(source, files) for name, module in FORMATS.items()}
    named = [name for name, why in found.items() if why is not None and name != "imagefolder"]
    if len(named) > 1:
        reasons = "; ".join(f"{name}: {found[name]}" for name in named)
        msg = (
            f"{source.root}: several formats could be meant ({reasons}); name one in ingest_data.source of params.yaml"
        )
        raise DataError(msg)
    if named or found["imagefolder"] is not None:
        return named[0] if named else "imagefolder"
    msg = f"{source.root}: no data set found. Looked for {'; '.join(LOOKED_FOR.values())}. {_contents(files)}"
    raise DataError(msg)


def read_records(
    source: Source, name: str, ledger: Ledger, *, parse_yaml: yolo.ParseYaml, voc_first_pixel: int
) -> Iterator[RawImage]:
    """Yield one record per usable image, and note all files that are not part of the data set.

    Args:
        source: the folder or zip.
        name: a format of the table above, or "auto".
        ledger: takes what is found.
        parse_yaml: turns the text of data.yaml into Python objects.
        voc_first_pixel: the number of the first pixel in VOC's coordinates, 0 or 1.
    """
    for refusal in source.refused():
        ledger.note(*refusal)
    files = sort_out(source.names())
    chosen = detect(source, files) if name == "auto" else _confirmed(source, files, name)
    for other in (*files.hidden, *(other for other in files.others if not FORMATS[chosen].owns(other))):
        ledger.note("other_file", other, f"not part of a data set in the format {chosen}")
    readers: Mapping[str, Callable[[], Iterator[RawImage]]] = {
        "voc": partial(voc.read, source, files, ledger, first_pixel=voc_first_pixel),
        "coco": partial(coco.read, source, files, ledger),
        "yolo": partial(yolo.read, source, files, ledger, parse_yaml=parse_yaml),
        "csv": partial(csv_table.read, source, files, ledger),
        "imagefolder": partial(imagefolder.read, files),
    }
    yield from _complete(readers[chosen](), files, ledger)


def _confirmed(source: Source, files: Files, name: str) -> str:
    if FORMATS[name].evidence(source, files) is None:
        reason = f"ingest_data.source is {name!r}, but there is none of it: {LOOKED_FOR[name]}"
        msg = f"{source.root}: {reason}. {_contents(files)}"
        raise DataError(msg)
    return name


def _contents(files: Files) -> str:
    names = (*files.images, *files.others)
    first = f", the first is {names[0]}" if names else ""
    return f"Found {len(files.images):,} images and {len(files.others):,} other files{first}"


def _complete(records: Iterator[RawImage], files: Files, ledger: Ledger) -> Iterator[RawImage]:
    """Let no image be described twice or not at all without a note."""
    described: dict[str, str] = {}
    for record in records:
        if record.file in described:
            reason = f"described in {record.annotation} and in {described[record.file]}"
            ledger.note("repeated_image", record.file, reason)
            continue
        described[record.file] = record.annotation
        if record.usable:
            yield record
    for file in files.images:
        if file not in described and ledger.note("image_without_annotation", file, "no annotation describes it"):
            yield RawImage(file, "")
