from collections.abc import Callable
from typing import Any

import pytest

from transfer.data.ingest.formats.records import RawBox

Put, Read = Callable[..., None], Callable[..., Any]


def annotation(filename: str = "a.png", *objects: str, size: str = "<width>30</width><height>20</height>") -> str:
    return f"<annotation><filename>{filename}</filename><size>{size}</size>{''.join(objects)}</annotation>"


def item(x_min: Any = 1, y_min: Any = 2, x_max: Any = 11, y_max: Any = 12, name: str = "crack") -> str:
    corners = f"<xmin>{x_min}</xmin><ymin>{y_min}</ymin><xmax>{x_max}</xmax><ymax>{y_max}</ymax>"
    return f"<object><name>{name}</name><bndbox>{corners}</bndbox></object>"


def named(findings: list[Any]) -> list[tuple[str, str]]:
    return [(found.finding, found.file) for found in findings]


def test_coordinates_count_from_one_and_include_the_maximum(put: Put, read: Read) -> None:
    put("IMAGES/a.png")
    put("ANNOTATIONS/a.xml", annotation("a.png", item(1, 1, 30, 20), item(3, 4, 3, 9)))
    [record], findings = read()
    assert record.file == "IMAGES/a.png"
    assert record.boxes == (RawBox("crack", 0, 0, 30, 20), RawBox("crack", 2, 3, 2, 9))
    assert record.size == (30, 20)
    assert findings == []
    assert read(voc_first_pixel=0)[0][0].boxes[0] == RawBox("crack", 1, 1, 31, 21)


def test_an_annotation_without_objects_describes_an_image_without_boxes(put: Put, read: Read) -> None:
    put("a.png")
    put("a.xml", annotation(size=""))
    [record], findings = read("voc")
    assert (record.boxes, record.size, findings) == ((), None, [])


def test_a_size_of_zero_says_nothing(put: Put, read: Read) -> None:
    put("a.png")
    put("a.xml", annotation(size="<width>0</width><height>0</height>"))
    assert read()[0][0].size is None


def test_a_filename_without_extension_is_named(put: Put, read: Read) -> None:
    put("a.png")
    put("a.xml", annotation("a"))
    records, findings = read(filename_without_extension="fix")
    assert len(records) == 1
    assert named(findings) == [("filename_without_extension", "a.xml")]
    assert findings[0].reason == "<filename> is 'a', the image 'a.png'"
    assert read()[0] == []


def test_a_filename_of_another_image_is_named(put: Put, read: Read) -> None:
    put("a.png")
    put("b.png")
    put("a.xml", annotation("b.png"))
    put("b.xml", annotation("b.png"))
    records, findings = read(filename_mismatch="fix")
    assert [record.file for record in records] == ["a.png", "b.png"]
    assert named(findings) == [("filename_mismatch", "a.xml")]


def test_an_image_is_found_by_filename_where_the_xml_has_another_name(put: Put, read: Read) -> None:
    put("a.png")
    put("0001.xml", annotation("C:\\photos\\a.png"))
    records, findings = read(filename_mismatch="fix")
    assert [record.file for record in records] == ["a.png"]
    assert "there is no image '0001'" in findings[0].reason


def test_images_of_one_name_are_told_apart_by_folder_and_extension(put: Put, read: Read) -> None:
    for name in ("one/images/a.png", "two/images/a.png", "two/images/a.jpg"):
        put(name)
    put("one/labels/a.xml", annotation("a.png"))
    put("two/labels/a.xml", annotation("a.jpg"))
    records, findings = read()
    assert [record.file for record in records] == ["one/images/a.png", "two/images/a.jpg"]
    assert named(findings) == [("image_without_annotation", "two/images/a.png")]


def test_an_annotation_that_fits_two_images_is_named(put: Put, read: Read) -> None:
    put("x/a.png")
    put("y/a.png")
    put("a.xml", annotation("a.png"))
    findings = read()[1]
    assert ("annotation_without_image", "a.xml") in named(findings)
    assert "could be x/a.png or y/a.png" in findings[0].reason


def test_annotations_without_image_and_images_without_annotation_are_named(put: Put, read: Read) -> None:
    put("a.png")
    put("b.png")
    put("a.xml", annotation("a.png"))
    put("c.xml", annotation("c.png"))
    records, findings = read()
    assert [record.file for record in records] == ["a.png"]
    assert named(findings) == [("annotation_without_image", "c.xml"), ("image_without_annotation", "b.png")]
    assert findings[0].reason == "no image of this name; <filename> says 'c.png'"
    kept, _ = read(image_without_annotation="keep")
    assert [(record.file, record.boxes) for record in kept] == [("a.png", ()), ("b.png", ())]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<annotation><object>", "not well-formed XML"),
        ("<annotations/>", "the outermost element is <annotations>"),
        (annotation("a.png", "<object><bndbox/></object>"), "an <object> without <name>"),
        (annotation("a.png", item("left")), "<bndbox/xmin> is 'left', expected a number"),
        (annotation("a.png", item("nan")), "<bndbox/xmin> is 'nan', expected a number"),
        (annotation("a.png", "<object><name>crack</name></object>"), "<bndbox/xmin> is '', expected a number"),
        (annotation("a.png", size="<width>30</width>"), "<size/height> is '', expected a number"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>', "XML with entities is refused"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>',
            "XML with entities is refused",
        ),
    ],
)
def test_a_broken_annotation_goes_with_its_image(put: Put, read: Read, text: str, reason: str) -> None:
    put("a.png")
    put("a.xml", text)
    records, findings = read("voc" if "<annotation" in text else "auto")
    assert records == []
    assert named(findings) == [("broken_annotation", "a.xml")]
    assert reason in findings[0].reason


def test_splits_come_from_imagesets(put: Put, read: Read) -> None:
    for stem in "abcd":
        put(f"JPEGImages/{stem}.png")
        put(f"Annotations/{stem}.xml", annotation(f"{stem}.png"))
    put("ImageSets/Main/train.txt", "a\nb\n")
    put("ImageSets/Main/val.txt", "c\n")
    put("ImageSets/Main/trainval.txt", "a\nb\nc\n")
    put("ImageSets/Main/test.txt", "d")
    put("ImageSets/Main/crack_train.txt", "a 1\nb -1\nd 1\n")
    records, findings = read()
    assert [record.split for record in records] == ["train", "train", "val", "test"]
    assert findings == []


def test_an_image_in_two_splits_is_named(put: Put, read: Read) -> None:
    put("a.png")
    put("a.xml", annotation("a.png"))
    put("ImageSets/Main/train.txt", "a\n")
    put("ImageSets/Main/test.txt", "a\nmissing\n")
    records, findings = read()
    assert records == []
    assert named(findings) == [("annotation_without_image", "ImageSets/Main/test.txt"), ("split_conflict", "a.png")]
    assert findings[1].reason == "listed in test and train"


def test_splits_may_be_folders(put: Put, read: Read) -> None:
    put("root/valid/a.png")
    put("root/valid/a.xml", annotation("a.png"))
    assert [record.split for record in read()[0]] == ["val"]
