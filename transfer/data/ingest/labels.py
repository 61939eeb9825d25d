"""Derive the label and the group of an image by the rules in params."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.records import RawBox, RawImage

LabelRule = Literal["none", "annotation", "folder", "boxes", "file_name"]


@dataclass(frozen=True)
class Rules:
    """How labels and groups come about.

    `label_from`: nothing; what the annotation says (ImageFolder's folder, a CSV's column); the folder the file is in;
    the most frequent category of its boxes; or the group of `label_pattern`, searched in the file's path.
    `label_without_boxes` is for "boxes". `labels` and `categories` are the declared names, or empty for any.
    """

    label_from: LabelRule
    label_pattern: str | None
    label_without_boxes: str | None
    group_pattern: str | None
    labels: tuple[str, ...]
    categories: tuple[str, ...]


def label_of(record: RawImage, boxes: Sequence[RawBox], rules: Rules) -> str | None:
    """Apply the label rule to one image; None where it gives nothing."""
    if rules.label_from == "annotation":
        return record.label
    if rules.label_from == "folder":
        return record.file.split("/")[-2] if "/" in record.file else None
    if rules.label_from == "boxes":
        return most_frequent(boxes) if boxes else rules.label_without_boxes
    if rules.label_from == "file_name":
        return _search(rules.label_pattern, record.file)
    return None


def group_of(record: RawImage, rules: Rules) -> str | None:
    """Apply the group rule to one image: the pattern, or else what the annotation says."""
    return record.group if rules.group_pattern is None else _search(rules.group_pattern, record.file)


def most_frequent(boxes: Sequence[RawBox]) -> str:
    """The category with the most boxes; of several, the one that covers more, and then the first by name."""
    counts = Counter(box.category for box in boxes)
    areas: dict[str, float] = defaultdict(float)
    for box in boxes:
        areas[box.category] += (box.x_max - box.x_min) * (box.y_max - box.y_min)
    return min(counts, key=lambda category: (-counts[category], -areas[category], category))


def is_named(record: RawImage, label: str | None, group: str | None, rules: Rules, ledger: Ledger) -> bool:
    """Note what the rules could not find; answer whether the image stays."""
    stays = True
    if label is None and rules.label_from != "none":
        stays = ledger.note(
            "image_without_label", record.file, f"ingest_data.label_from: {rules.label_from} finds none"
        )
    if label is not None and rules.labels and label not in rules.labels:
        stays = ledger.note("unknown_class", record.file, f"label {label!r} is not among ingest_data.labels")
    if group is None and rules.group_pattern is not None:
        stays = ledger.note("image_without_group", record.file, f"{rules.group_pattern!r} does not match") and stays
    return stays


def _search(pattern: str | None, text: str) -> str | None:
    match = re.search(pattern or "()", text)
    return (match.group(1) or None) if match else None
