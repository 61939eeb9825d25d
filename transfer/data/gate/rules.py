"""What the gate expects of each table: one rule per line, in the words of Great Expectations and in a person's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transfer.data.dataset import Dataset


@dataclass(frozen=True)
class Thresholds:
    """Where the gate draws its lines. Sides and boxes are in pixels, shares between 0 and 1."""

    min_images: int
    min_classes: int
    min_images_per_class: int
    min_boxes_per_category: int
    # Images of the largest class for one of the smallest; the same for boxes.
    max_imbalance: float
    min_side: int
    max_side: int
    # The longer side over the shorter one.
    max_aspect: float
    min_box_side: float
    max_boxes_per_image: int
    max_linked_share: float
    max_dropped_share: float


@dataclass(frozen=True)
class Rule:
    """An expectation about a column, or about the whole table when `column` is None.

    `reason` is a sentence about one bad row; `{value}` is what was found there.
    """

    finding: str
    column: str | None
    expectation: str
    reason: str
    limits: Mapping[str, Any] = field(default_factory=dict)


def rules(found: Dataset, thresholds: Thresholds) -> dict[str, Sequence[Rule]]:
    """Return the rules of each table of `gate_tables.tables`."""
    return {
        "images": _images(found, thresholds),
        "boxes": _boxes(found, thresholds),
        "labels": [
            _row_count("few_classes", thresholds.min_classes, "class(es)"),
            _at_least("few_images_of_class", "count", thresholds.min_images_per_class, "image(s)"),
            _at_most("class_imbalance", "times_fewer", thresholds.max_imbalance, "than the largest class"),
        ],
        "categories": [
            _at_least("few_boxes_of_category", "count", thresholds.min_boxes_per_category, "box(es)"),
            _at_most("class_imbalance", "times_fewer", thresholds.max_imbalance, "than the largest category"),
        ],
    }


def _images(found: Dataset, limits: Thresholds) -> list[Rule]:
    wanted = [
        _unique("broken_image_row", "image_id"),
        _given("broken_image_row", "image_id"),
        _unique("broken_image_row", "file"),
        _given("broken_image_row", "file"),
        _given("broken_image_row", "sha256"),
        _at_least("image_size", "shorter_side", max(1, limits.min_side), "pixels"),
        _at_most("image_size", "longer_side", limits.max_side, "pixels"),
        _at_most("image_shape", "aspect", limits.max_aspect, "times the shorter side"),
        _row_count("few_images", limits.min_images, "image(s)"),
    ]
    if found.labels:
        wanted += [_given("image_without_label", "label"), _one_of("unknown_label", "label", found.labels)]
    if found.categories:
        wanted.append(_at_least("image_without_box", "num_boxes", 1, "box(es)"))
    return [*wanted, _at_most("many_boxes", "num_boxes", limits.max_boxes_per_image, "box(es)")]


def _boxes(found: Dataset, limits: Thresholds) -> list[Rule]:
    return [
        _unique("broken_box_row", "box_id"),
        _given("broken_box_row", "file"),
        _given("broken_box_row", "category"),
        _one_of("unknown_category", "category", found.categories),
        _at_most("box_outside_image", "overhang", 0, "pixels over the edge"),
        _at_least("small_box", "shorter_side", limits.min_box_side, "pixels"),
    ]


def _unique(finding: str, column: str) -> Rule:
    reason = f"{_words(column)} {{value}} stands in several rows, expected one"
    return Rule(finding, column, "ExpectColumnValuesToBeUnique", reason)


def _given(finding: str, column: str) -> Rule:
    return Rule(finding, column, "ExpectColumnValuesToNotBeNull", f"{_words(column)} is missing")


def _one_of(finding: str, column: str, allowed: Sequence[str]) -> Rule:
    reason = f"{_words(column)} is {{value}}, expected one of {', '.join(allowed)}"
    return Rule(finding, column, "ExpectColumnValuesToBeInSet", reason, {"value_set": list(allowed)})


def _at_least(finding: str, column: str, least: float, unit: str) -> Rule:
    reason = f"{_words(column)} is {{value}}, expected at least {least:g} {unit}"
    return Rule(finding, column, "ExpectColumnValuesToBeBetween", reason, {"min_value": least})


def _at_most(finding: str, column: str, most: float, unit: str) -> Rule:
    reason = f"{_words(column)} is {{value}}, expected at most {most:g} {unit}"
    return Rule(finding, column, "ExpectColumnValuesToBeBetween", reason, {"max_value": most})


def _row_count(finding: str, least: int, unit: str) -> Rule:
    reason = f"there are {{value}} {unit}, expected at least {least:g}"
    return Rule(finding, None, "ExpectTableRowCountToBeBetween", reason, {"min_value": least})


def _words(column: str) -> str:
    return column.replace("num_", "number of ").replace("_", " ")
