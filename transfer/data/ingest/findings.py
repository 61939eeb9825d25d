"""Everything that can be wrong with a source: the names, what they mean, and what may be done about each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from transfer.data.dataset import write_table
from transfer.errors import DataError, ParamsError

FINDING_SCHEMA = pa.schema(
    [("finding", pa.string()), ("file", pa.string()), ("reason", pa.string()), ("action", pa.string())]
)
LINES_IN_MESSAGE = 20
LONGEST_CELL = 70


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that was found, and what was done about it: one of the actions below."""

    finding: str
    file: str
    reason: str
    action: str


class Kind(NamedTuple):
    """What a finding means and which actions params may choose."""

    sentence: str
    allowed: tuple[str, ...]


# fail  the stage stops, after listing all findings
# drop  what the sentence is about is left out (a file, an image with its boxes, or a box), and listed
# fix   it is mended in the one way the sentence names, and listed
# keep  nothing is changed, and it is listed
_LOST = ("fail", "drop")
_FIXED = ("fail", "drop", "fix")
_KEPT = ("fail", "drop", "keep")
KINDS: Mapping[str, Kind] = {
    # Files of the source
    "unsafe_path": Kind("the path leads out of the source, or cannot be written everywhere", _LOST),
    "symbolic_link": Kind("a link, where links are not followed", _LOST),
    "repeated_file": Kind("the zip holds several files of this name; all of them are meant", _LOST),
    "encrypted_file": Kind("the file is encrypted in the zip", _LOST),
    "unreadable_file": Kind("the file is damaged in the zip, or cannot be read from the disk", _LOST),
    "decompression_bomb": Kind("the file unpacks to far more than a file of its kind should", _LOST),
    "other_file": Kind("neither an image nor an annotation of this format", _LOST),
    # Images
    "empty_file": Kind("an image file of zero bytes", _LOST),
    "not_an_image": Kind("the extension is an image's, the content is not", _LOST),
    "truncated_image": Kind("the image is cut short or damaged", _LOST),
    "image_too_large": Kind("the image has more pixels than ingest_data.max_pixels", _LOST),
    "unsupported_image": Kind("the pixels have no fixed range, so they cannot be brought to 8 bits", _LOST),
    "other_channels": Kind("the image has not as many bands as ingest_data.channels says", _LOST),
    "wrong_extension": Kind("the extension is another image format's; the content decides", _KEPT),
    "several_frames": Kind("an animation or a stack; fix reads the first frame", _FIXED),
    "cmyk_image": Kind("printing colours; fix converts to RGB without a colour profile", _FIXED),
    "sixteen_bit_image": Kind("16 bits per sample; fix spreads sixteen_bit_window over 8 bits", _FIXED),
    "narrow_range": Kind("16-bit values that fill less than 1/16 of ingest_data.sixteen_bit_window", _KEPT),
    "palette_image": Kind("colours in a table; fix looks them up", _FIXED),
    "alpha_image": Kind("the image has transparency; fix drops it and keeps the colours", _FIXED),
    "exif_rotated": Kind("EXIF says how to turn the image; fix turns it, and boxes given for the unturned one", _FIXED),
    # Annotations
    "broken_annotation": Kind("an annotation file or a record in it cannot be read; its image goes with it", _LOST),
    "annotation_without_image": Kind("an annotation describes an image that is not there", _LOST),
    "image_without_annotation": Kind("no annotation describes the image; keep takes it as one without boxes", _KEPT),
    "image_without_label": Kind("the label rule gives no label for the image", _KEPT),
    "image_without_group": Kind("group_pattern does not match the file; keep leaves it without a group", _KEPT),
    "repeated_image": Kind("two annotations describe one image; the later one is meant", _LOST),
    "duplicate_image_id": Kind("several images of one annotation file have the same id; all of them are meant", _LOST),
    "duplicate_annotation_id": Kind("several boxes of one annotation file have the same id; fix renumbers", _FIXED),
    "annotation_id_zero": Kind("COCO's own evaluation miscounts the annotation id 0; fix renumbers", _FIXED),
    "unknown_class": Kind("a class that is not declared; of a box, the box is meant, of a label, the image", _LOST),
    "filename_without_extension": Kind("<filename> lacks its extension; fix takes the image of that stem", _FIXED),
    "filename_mismatch": Kind(
        "<filename> names another image than the XML file does; fix trusts the XML file's name", _FIXED
    ),
    "split_conflict": Kind("the image is listed in several splits", _LOST),
    "polygon_annotation": Kind("a polygon where a box is expected; fix takes the box around it", _FIXED),
    "size_differs": Kind("the annotation was made at another scale; fix scales the boxes", _FIXED),
    "shape_differs": Kind("the annotation was made for an image of another shape", _LOST),
    "unused_column": Kind("a column that means nothing here", ("fail", "keep")),
    # Boxes
    "zero_area_box": Kind("the box has no area, or a negative one", _LOST),
    "box_outside_image": Kind("the box lies wholly outside the image", _LOST),
    "box_over_edge": Kind("the box reaches over the edge of the image; fix clips it", _FIXED),
    "repeated_box": Kind("the same box of the same class again; the later one is meant", _KEPT),
    "box_of_other_class": Kind("the image's label is a class of boxes, and this box has another", _KEPT),
}


class Ledger:
    """Collects findings and answers, for each, what params say is to be done.

    A finding that fails does not stop the work at once: `stop_if_failed` names all of them together.
    """

    def __init__(self, actions: Mapping[str, str]) -> None:
        """Check that `actions` has one allowed action for every finding."""
        _check(actions)
        self._actions = actions
        self._findings: list[Finding] = []

    def note(self, finding: str, file: str, reason: str) -> bool:
        """Record a finding; answer whether the thing it is about stays in the data set."""
        action = self._actions[finding]
        self._findings.append(Finding(finding, file, reason, action))
        return action in ("fix", "keep")

    def findings(self) -> list[Finding]:
        """List all findings in an order that does not depend on when they were met."""
        return sorted(self._findings)

    def stop_if_failed(self) -> None:
        """Raise DataError with a table of the findings whose action is `fail`, if there are any."""
        failed = [finding for finding in self.findings() if finding.action == "fail"]
        if failed:
            raise DataError(_message(failed))


def write(path: Path, findings: Sequence[Finding]) -> None:
    """Write findings as Parquet, with the columns of the schema above."""
    rows = [(found.finding, found.file, found.reason, found.action) for found in findings]
    write_table(path, pd.DataFrame(rows, columns=FINDING_SCHEMA.names, dtype=str), FINDING_SCHEMA)


def _check(actions: Mapping[str, str]) -> None:
    mistakes = [f"unknown finding {name}" for name in actions if name not in KINDS]
    mistakes += [
        f"{name} is missing; it may be {_or(kind.allowed)}" for name, kind in KINDS.items() if name not in actions
    ]
    mistakes += [
        f"{name} is {actions[name]!r}; it may be {_or(kind.allowed)}"
        for name, kind in KINDS.items()
        if name in actions and actions[name] not in kind.allowed
    ]
    if mistakes:
        raise ParamsError("params.yaml: ingest_data.findings: " + "\n  ".join(mistakes))


def _message(failed: Sequence[Finding]) -> str:
    counts = Counter(found.finding for found in failed)
    shown = [(found.finding, found.file, found.reason) for found in failed[:LINES_IN_MESSAGE]]
    rest = [f"  ... and {len(failed) - len(shown):,} more"] if len(failed) > len(shown) else []
    totals = [f"  {count:>8,}  {name}: {KINDS[name].sentence}" for name, count in sorted(counts.items())]
    choices = [f"  {name}: {_or(tuple(a for a in KINDS[name].allowed if a != 'fail'))}" for name in sorted(counts)]
    return "\n".join(
        [
            f"{len(failed):,} findings stop the line; nothing was written",
            *_table([("finding", "file", "reason"), *shown]),
            *rest,
            "In all:",
            *totals,
            "Mend the source, or choose in ingest_data.findings of params.yaml what is to be done instead of fail:",
            *choices,
        ]
    )


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    widths = [min(LONGEST_CELL, max(len(row[column]) for row in rows)) for column in range(2)]
    return [f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows]


def _or(choices: Sequence[str]) -> str:
    return " or ".join(choices)
