"""Read the images and annotations of any source into one canonical data set."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt

from receiver.progress import say
from stages.entry import main
from stages.params import Params
from transfer import atomic
from transfer.data import dataset
from transfer.data.drawing.generate import generate
from transfer.data.ingest import findings, ingest
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats import canonical
from transfer.data.ingest.formats.detect import read_records
from transfer.data.ingest.formats.records import RawImage
from transfer.data.ingest.labels import LabelRule, Rules
from transfer.data.ingest.summary import describe
from transfer.data.limits import Limits
from transfer.data.reading import WIDE, Reading
from transfer.data.source import Source, locate, open_source


def _one_group(pattern: str | None) -> str | None:
    try:
        groups = 1 if pattern is None else re.compile(pattern).groups
    except re.error as error:
        msg = f"not a regular expression: {error}"
        raise ValueError(msg) from error
    if groups != 1:
        msg = f"the pattern has {groups} groups in parentheses, expected the one that is the name"
        raise ValueError(msg)
    return pattern


def _rising(window: tuple[int, int]) -> tuple[int, int]:
    low, high = window
    if not 0 <= low < high <= WIDE:
        msg = f"expected a lower and a higher value of 16 bits, from 0 to {WIDE}"
        raise ValueError(msg)
    return window


Window = Annotated[tuple[int, int], AfterValidator(_rising)]
Pattern = Annotated[str | None, AfterValidator(_one_group)]


class Generated(Params):
    """What to draw when there is no source."""

    preset: Literal["steel", "textures", "leaves"]
    images_per_class: PositiveInt
    image_size: PositiveInt
    seed: int = Field(ge=0, lt=2**32)


class IngestDataParams(Params):
    """Where the images come from, what their labels are, and what to do about each finding."""

    source: Literal["generated", "auto", "imagefolder", "voc", "coco", "yolo", "csv"]
    path: str
    generated: Generated
    labels: tuple[str, ...]
    categories: tuple[str, ...]
    label_from: LabelRule
    label_pattern: Pattern
    label_without_boxes: str | None
    group_pattern: Pattern
    voc_first_pixel: Literal[0, 1]
    channels: int = Field(ge=3, le=64)
    sixteen_bit_window: Window
    follow_links: bool
    num_threads: PositiveInt
    max_pixels: PositiveInt
    max_file_bytes: PositiveInt
    max_total_bytes: PositiveInt
    max_ratio: PositiveFloat
    findings: dict[str, str]


def run(params: IngestDataParams, *, out: Path = Path("data/ingested")) -> None:
    """Write image table, box table, facts and findings; for a generated source also the images."""
    ledger = Ledger(params.findings)
    rules = Rules(**params.model_dump(include=set(Rules.__dataclass_fields__)))
    limits = Limits(params.max_file_bytes, params.max_total_bytes, params.max_ratio)
    reading = Reading(params.channels, params.sixteen_bit_window)
    is_drawn = params.source == "generated"
    with atomic.replacing_folder(out) as folder:
        drawn = generate(folder / "images", **params.generated.model_dump()) if is_drawn else None
        root = locate(Path(params.path)) if drawn is None else drawn.root
        with open_source(root, limits=limits, follow_links=params.follow_links) as source:
            records = _records(source, params, ledger) if drawn is None else canonical.read(drawn)
            found = ingest.ingest(
                source,
                records,
                ledger,
                rules=rules,
                num_threads=params.num_threads,
                max_pixels=params.max_pixels,
                reading=reading,
            )
        found = replace(found, root=out / "images") if is_drawn else found
        dataset.write(folder, found)
        findings.write(folder / "findings.parquet", ledger.findings())
    say(describe(found, ledger.findings()))


def _records(source: Source, params: IngestDataParams, ledger: Ledger) -> Iterator[RawImage]:
    return read_records(source, params.source, ledger, parse_yaml=_parse_yaml, voc_first_pixel=params.voc_first_pixel)


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


if __name__ == "__main__":
    main(run)
