from typing import Any

import pytest

from transfer.data.ingest.findings import KINDS, Ledger
from transfer.data.ingest.formats.records import RawBox, RawImage
from transfer.data.ingest.labels import Rules, group_of, is_named, label_of, most_frequent


def tolerant(**actions: str) -> Ledger:
    usual = {name: "drop" if "drop" in kind.allowed else "keep" for name, kind in KINDS.items()}
    return Ledger({**usual, **actions})


def rules(**changed: Any) -> Rules:
    usual: dict[str, Any] = {
        **dict.fromkeys(("label_pattern", "label_without_boxes", "group_pattern")),
        "label_from": "none",
        "labels": (),
        "categories": (),
    }
    return Rules(**{**usual, **changed})


RECORD = RawImage("root/bolts/crack_12.jpg", "t.csv", label="from table", group="batch 1")
CRACK, HOLE = RawBox("crack", 0, 0, 10, 10), RawBox("hole", 0, 0, 30, 30)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"label_from": "none"}, None),
        ({"label_from": "annotation"}, "from table"),
        ({"label_from": "folder"}, "bolts"),
        ({"label_from": "boxes"}, None),
        ({"label_from": "boxes", "label_without_boxes": "good"}, "good"),
        ({"label_from": "file_name", "label_pattern": r"([a-z]+)_\d+\.jpg$"}, "crack"),
        ({"label_from": "file_name", "label_pattern": r"(x+)_\d+\.jpg$"}, None),
    ],
)
def test_labels_follow_the_rule(changed: dict[str, Any], expected: str | None) -> None:
    assert label_of(RECORD, [], rules(**changed)) == expected


def test_boxes_give_the_most_frequent_category_then_the_largest_then_the_first() -> None:
    assert most_frequent([CRACK, HOLE, CRACK]) == "crack"
    assert most_frequent([CRACK, HOLE]) == "hole"
    assert most_frequent([RawBox("b", 0, 0, 1, 1), RawBox("a", 0, 0, 1, 1)]) == "a"


def test_groups_come_from_the_pattern_or_the_annotation() -> None:
    assert group_of(RECORD, rules()) == "batch 1"
    assert group_of(RECORD, rules(group_pattern=r"_(\d+)")) == "12"
    assert group_of(RECORD, rules(group_pattern=r"coil(\d+)")) is None


def test_what_the_rules_do_not_find_is_named() -> None:
    chosen = rules(label_from="boxes", group_pattern="coil(x)")
    ledger = tolerant(image_without_group="keep")
    assert not is_named(RECORD, None, None, chosen, ledger)
    assert [(found.finding, found.action, found.reason) for found in ledger.findings()] == [
        ("image_without_group", "keep", "'coil(x)' does not match"),
        ("image_without_label", "drop", "ingest_data.label_from: boxes finds none"),
    ]


def test_a_label_that_is_not_declared_is_named() -> None:
    ledger = tolerant()
    assert not is_named(RECORD, "rust", None, rules(label_from="annotation", labels=("crack",)), ledger)
    assert [(found.finding, found.reason) for found in ledger.findings()] == [
        ("unknown_class", "label 'rust' is not among ingest_data.labels")
    ]
