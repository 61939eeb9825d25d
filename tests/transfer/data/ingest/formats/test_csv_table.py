from collections.abc import Callable
from typing import Any

import pytest

from transfer.data.ingest.formats.records import RawBox

Put, Read = Callable[..., None], Callable[..., Any]


def named(findings: list[Any]) -> list[tuple[str, str]]:
    return [(found.finding, found.reason) for found in findings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_labels_splits_and_groups_are_columns(put: Put, read: Read, delimiter: str, start: str) -> None:
    put("images/a.png")
    put("images/b.png")
    rows = [
        ["file", "label", "split", "group"],
        ["images/a.png", "crack", "valid", "coil 1"],
        ["b.png", "hole", "", ""],
    ]
    put("table.csv", start + "\r\n".join(delimiter.join(row) for row in rows))
    records, findings = read()
    assert [(record.file, record.label, record.split, record.group) for record in records] == [
        ("images/a.png", "crack", "val", "coil 1"),
        ("images/b.png", "hole", None, None),
    ]
    assert findings == []


def test_rows_are_boxes_of_images(put: Put, read: Read) -> None:
    for name in "abc":
        put(f"{name}.png")
    put(
        "t.csv",
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,30,20,crack,1,2,3,4\nb.png,30,20,hole,0,0,9.5,9\na.png,30,20,hole,5,6,7,8\nc.png,30,20,,,,,\n",
    )
    records, findings = read()
    assert [record.boxes for record in records] == [
        (RawBox("crack", 1, 2, 3, 4), RawBox("hole", 5, 6, 7, 8)),
        (RawBox("hole", 0, 0, 9.5, 9),),
        (),
    ]
    assert [record.size for record in records] == [(30, 20)] * 3
    assert findings == []


def test_tables_may_be_named_like_splits(put: Put, read: Read) -> None:
    put("a.png")
    put("b.png")
    put("train.csv", "file,label\na.png,x\n")
    put("test.csv", "file,label\nb.png,x\n")
    assert {record.file: record.split for record in read()[0]} == {"a.png": "train", "b.png": "test"}


def test_columns_without_a_meaning_are_named(put: Put, read: Read) -> None:
    put("a.png")
    put("t.csv", "file,label,operator\na.png,x,someone\n")
    records, findings = read()
    assert len(records) == 1
    assert [(found.finding, found.file) for found in findings] == [("unused_column", "t.csv")]
    assert findings[0].reason.startswith("column 'operator'; columns with a meaning: file, label")


def test_rows_and_images_that_miss_each_other_are_named(put: Put, read: Read) -> None:
    put("a.png")
    put("t.csv", "file,label\nb.png,x\n")
    records, findings = read()
    assert records == []
    assert named(findings) == [
        ("annotation_without_image", "row 2: file 'b.png': no such image"),
        ("image_without_annotation", "no annotation describes it"),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.png,crack,later,,,,", "row 3: split is 'later', expected train, val or test"),
        ("a.png,crack,train,1,2,3,", "row 3: y_max is '', expected a number"),
        ("a.png,crack,train,1,2,inf,4", "row 3: x_max is 'inf', expected a number"),
        ("a.png,,train,1,2,3,4", "row 3: a box without category"),
    ],
)
def test_a_broken_row_goes_with_its_image(put: Put, read: Read, row: str, reason: str) -> None:
    for name in "ab":
        put(f"{name}.png")
    put("t.csv", f"file,label,split,x_min,y_min,x_max,y_max\nb.png,crack,train,1,2,3,4\n{row}\n")
    records, findings = read()
    assert [record.file for record in records] == ["b.png"]
    assert named(findings) == [("broken_annotation", reason)]


def test_rows_of_one_image_have_to_agree(put: Put, read: Read) -> None:
    put("a.png")
    put("t.csv", "file,label\na.png,crack\na.png,hole\n")
    records, findings = read()
    assert records == []
    assert named(findings) == [
        ("broken_annotation", "row 3: label, split, group or size of a.png differ from an earlier row")
    ]


def test_columns_of_the_same_name_are_refused(put: Put, read: Read) -> None:
    put("a.png")
    put("t.csv", "file,label,label\na.png,x,y\n")
    findings = read()[1]
    assert "broken_annotation" in [found.finding for found in findings]
