import json
from collections.abc import Callable
from typing import Any

import pytest

from transfer.data.ingest.formats.records import RawBox
from transfer.errors import DataError

Put, Read = Callable[..., None], Callable[..., Any]


def describe(put: Put, names: Any = ("crack", "hole"), name: str = "data.yaml", **more: Any) -> None:
    # JSON is YAML too, but for the line that detection looks for.
    put(name, "names:\n" + json.dumps({"names": names, **more}))


def parse(text: str) -> Any:
    return json.loads(text.partition("\n")[2])


def labelled(put: Put, image: str, *lines: str) -> None:
    put(image)
    put(image.replace("images/", "labels/").replace(".png", ".txt"), "\n".join(lines))


def named(findings: list[Any]) -> list[tuple[str, str]]:
    return [(found.finding, found.file) for found in findings]


@pytest.mark.parametrize("names", [["crack", "hole"], {"0": "crack", "1": "hole"}])
def test_shares_become_corners(put: Put, read: Read, names: Any) -> None:
    describe(put, names)
    labelled(put, "images/train/a.png", "1 0.5 0.5 0.5 0.25", "", "0 0.1 0.1 0.2 0.2")

    def with_numbers(text: str) -> Any:
        value = parse(text)
        value["names"] = {int(key): name for key, name in value["names"].items()} if isinstance(names, dict) else names
        return value

    [record], findings = read(parse_yaml=with_numbers)
    assert record.boxes == (RawBox("hole", 0.25, 0.375, 0.75, 0.625), RawBox("crack", 0, 0, 0.2, 0.2))
    assert (record.relative, record.annotation, findings) == (True, "labels/train/a.txt", [])


def test_the_layout_of_ultralytics(put: Put, read: Read) -> None:
    describe(put, path="/home/someone/data", train="images/train", val="images/val", test="")
    for name in ("train/a", "val/b"):
        labelled(put, f"images/{name}.png", "0 0.5 0.5 1 1")
    assert {record.file: record.split for record in read(parse_yaml=parse)[0]} == {
        "images/train/a.png": "train",
        "images/val/b.png": "val",
    }


def test_the_layout_of_roboflow(put: Put, read: Read) -> None:
    describe(put, train="../train/images", val="../valid/images", name="export/data.yaml")
    for name in ("train", "valid"):
        labelled(put, f"export/{name}/images/{name}.png", "0 0.5 0.5 1 1")
    assert {record.file: record.split for record in read(parse_yaml=parse)[0]} == {
        "export/train/images/train.png": "train",
        "export/valid/images/valid.png": "val",
    }


def test_splits_may_be_lists(put: Put, read: Read) -> None:
    describe(put, train="train.txt", val=["val.txt"])
    put("train.txt", "./images/a.png\n/elsewhere/images/b.png\n")
    put("val.txt", "images/c.png\n\nimages/gone.png\n")
    for name in "abc":
        labelled(put, f"images/{name}.png", "0 0.5 0.5 1 1")
    records, findings = read(parse_yaml=parse)
    assert [record.split for record in records] == ["train", "train", "val"]
    assert [(found.finding, found.file, found.reason) for found in findings] == [
        ("annotation_without_image", "val.txt", "'images/gone.png': no such image")
    ]


def test_a_split_that_is_not_there_is_named(put: Put, read: Read) -> None:
    describe(put, train="images/train", test="images/test")
    labelled(put, "images/train/a.png", "0 0.5 0.5 1 1")
    findings = read(parse_yaml=parse)[1]
    assert named(findings) == [("annotation_without_image", "data.yaml")]
    assert "test: 'images/test' is not one folder with images" in findings[0].reason


def test_an_image_in_two_splits_is_named(put: Put, read: Read) -> None:
    describe(put, train="images/train", val="images/train")
    labelled(put, "images/train/a.png", "0 0.5 0.5 1 1")
    records, findings = read(parse_yaml=parse)
    assert records == []
    assert [found.reason for found in findings] == ["data.yaml lists it in train and val"]


def test_an_empty_label_file_describes_an_image_without_boxes(put: Put, read: Read) -> None:
    describe(put)
    labelled(put, "images/a.png")
    [record], findings = read(parse_yaml=parse)
    assert (record.boxes, findings) == ((), [])


def test_labels_without_image_and_images_without_labels_are_named(put: Put, read: Read) -> None:
    describe(put)
    put("images/a.png")
    put("labels/b.txt", "0 0.5 0.5 1 1")
    records, findings = read(parse_yaml=parse)
    assert records == []
    assert named(findings) == [
        ("annotation_without_image", "labels/b.txt"),
        ("image_without_annotation", "images/a.png"),
    ]


def test_a_class_beyond_the_names_is_named(put: Put, read: Read) -> None:
    describe(put)
    labelled(put, "images/a.png", "2 0.5 0.5 1 1", "0 0.5 0.5 1 1")
    [record], findings = read(parse_yaml=parse)
    assert [box.category for box in record.boxes] == ["crack"]
    assert named(findings) == [("unknown_class", "labels/a.txt")]
    assert findings[0].reason == "class 2 is not among the 2 names of the description"


def test_polygons_are_boxed_when_asked(put: Put, read: Read) -> None:
    describe(put)
    labelled(put, "images/a.png", "0 0.1 0.2 0.5 0.1 0.4 0.9", "1 0.5 0.5 1 1")
    [record], findings = read(parse_yaml=parse, polygon_annotation="fix")
    assert record.boxes == (RawBox("crack", 0.1, 0.1, 0.5, 0.9), RawBox("hole", 0, 0, 1, 1))
    assert [(found.finding, found.reason) for found in findings] == [("polygon_annotation", "1 polygons among 2 lines")]
    assert len(read(parse_yaml=parse)[0][0].boxes) == 1


@pytest.mark.parametrize(
    "line", ["0 0.5 0.5 1", "0 0.5 0.5 1 1 0.9", "crack 0.5 0.5 1 1", "0 0.5 0.5 1 x", "-1 0 0 1 1", "0 nan 0 1 1"]
)
def test_a_broken_line_goes_with_its_image(put: Put, read: Read, line: str) -> None:
    describe(put)
    labelled(put, "images/a.png", "0 0.5 0.5 1 1", line)
    records, findings = read(parse_yaml=parse)
    assert records == []
    assert named(findings) == [("broken_annotation", "labels/a.txt")]
    assert findings[0].reason.startswith("line 2: ")


@pytest.mark.parametrize(
    ("names", "more", "message"),
    [
        (3, {}, "names is 3, expected a list of class names"),
        ([True, "no"], {}, "put names in quotes"),
        ({"crack": 0}, {}, "'crack': 0 is no class number with a name"),
        (["person"], {"kpt_shape": [17, 3]}, "labels with keypoints"),
    ],
)
def test_a_description_without_class_names_is_refused(
    put: Put, read: Read, names: Any, more: Any, message: str
) -> None:
    describe(put, names, **more)
    labelled(put, "images/a.png", "0 0.5 0.5 1 1")
    with pytest.raises(DataError, match=message):
        read(parse_yaml=parse)


def test_a_description_that_cannot_be_parsed_is_refused(put: Put, read: Read) -> None:
    put("data.yaml", "names: [")
    with pytest.raises(DataError, match=r"data\.yaml: not valid YAML"):
        read()


def test_two_descriptions_are_refused(put: Put, read: Read) -> None:
    describe(put)
    describe(put, name="other.yaml")
    with pytest.raises(DataError, match=r"found data\.yaml, other\.yaml"):
        read("yolo")
