"""Everything the gate can find in a data set, and what may be done about it."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from transfer.data.gate.expectations import Check
from transfer.data.ingest.findings import Finding
from transfer.errors import ParamsError

ACTIONS = ("fail", "warn")
# Not in params: a check that could not be made is no check.
ERRORED = "check_errored"
KINDS: Mapping[str, str] = {
    # Images
    "few_images": "there are fewer images than min_images",
    "broken_image_row": "a row of the image table lacks its id, file or digest, or shares it with another",
    "image_size": "a side of the image is shorter than min_side or longer than max_side",
    "image_shape": "the image is longer than max_aspect times its shorter side",
    "image_without_label": "the image has no class, though others do",
    "unknown_label": "the class of the image is not among those of the data set",
    "image_without_box": "the image has no box, though others do",
    "many_boxes": "the image has more boxes than max_boxes_per_image",
    # Boxes
    "broken_box_row": "a row of the box table lacks its image or category, or shares its id with another",
    "unknown_category": "the category of the box is not among those of the data set",
    "box_outside_image": "the box reaches over the edge of its image",
    "small_box": "a side of the box is shorter than min_box_side",
    # Classes
    "few_classes": "there are fewer classes than min_classes",
    "few_images_of_class": "the class has fewer images than min_images_per_class",
    "few_boxes_of_category": "the category has fewer boxes than min_boxes_per_category",
    "class_imbalance": "the largest class is more than max_imbalance times as large",
    # Duplicates
    "identical_images": "the file is the same as another, byte for byte",
    "alike_images": "the picture is the same as another, stored differently",
    "overlapping_images": "the picture shows a part of what another shows",
    "label_conflict": "the same picture has two classes",
    "overlap_label_conflict": "two pictures of one place have different classes",
    "duplicate_across_splits": "linked pictures are in different splits of the source",
    "many_linked_images": "a larger share of the images is linked than max_linked_share",
    # Ingest
    "many_dropped": "a larger share of the files was dropped while ingesting than max_dropped_share",
}


def check_policy(policy: Mapping[str, str]) -> None:
    """Check that every finding has an action.

    Raises:
        ParamsError: a finding is unknown or missing, or its action is.
    """
    mistakes = [f"unknown finding {name}; there are: {', '.join(KINDS)}" for name in policy if name not in KINDS]
    mistakes += [f"{name} is missing; it may be fail or warn" for name in KINDS if name not in policy]
    mistakes += [
        f"{name} is {policy[name]!r}; it may be fail or warn" for name in policy if policy[name] not in ACTIONS
    ]
    if mistakes:
        msg = "params.yaml: validate_data.findings: " + "\n  ".join(mistakes)
        raise ParamsError(msg)


def from_checks(
    checks: Sequence[Check], tables: Mapping[str, pd.DataFrame], policy: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield a finding for every bad row, and one for every rule that could not be checked."""
    for check in checks:
        where = f"{check.table}.{check.rule.column}" if check.rule.column else check.table
        if check.error is not None:
            yield Finding(ERRORED, where, f"{check.rule.expectation} could not be checked: {check.error}", "fail")
        name = check.rule.finding
        for key, value in check.bad:
            file, subject = _subject(tables[check.table], check.table, key)
            yield Finding(name, file, subject + _reason(check.rule.reason, value), policy[name])


def _subject(table: pd.DataFrame, name: str, key: object) -> tuple[str, str]:
    """Return the file a row is about and how to begin a sentence about it."""
    if key == "":
        return "", ""
    if name in ("labels", "categories"):
        return "", f"class {key}: " if name == "labels" else f"category {key}: "
    row = table.loc[int(str(key))].to_dict()
    file = "" if pd.isna(row["file"]) else str(row["file"])
    return file, f"box {row['box_id']} ({row['category']}): " if name == "boxes" else ""


def _reason(template: str, value: object) -> str:
    return template.replace("{value}", f"{value:g}" if isinstance(value, float) else str(value))
