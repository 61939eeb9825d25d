from collections.abc import Callable
from typing import Any

import pytest

from transfer.data.ingest.formats.records import RawBox

Put, Read = Callable[..., None], Callable[..., Any]


def coco(images: Any, annotations: Any = (), categories: Any = ((7, "crack"), (90, "hole"))) -> dict[str, Any]:
    return {
        "images": [{"id": number, "file_name": name, "width": 30, "height": 20} for number, name in images],
        "annotations": list(annotations),
        "categories": [{"id": number, "name": name} for number, name in categories],
    }


def box(
    number: Any = 1, image_id: Any = 5, category_id: Any = 7, bbox: Any = (1, 2, 3, 4), **more: Any
) -> dict[str, Any]:
    return {"id": number, "image_id": image_id, "category_id": category_id, "bbox": bbox, **more}


def named(findings: list[Any]) -> list[tuple[str, str]]:
    return [(found.finding, found.reason) for found in findings]


def test_boxes_have_corners_and_names_of_categories_with_gaps(put: Put, read: Read) -> None:
    put("images/a.png")
    put("ann.json", coco([(5, "a.png")], [box(1), box(2, category_id=90, bbox=[0.5, 0, 29.5, 20], iscrowd=1)]))
    [record], findings = read()
    assert record.file == "images/a.png"
    assert record.boxes == (RawBox("crack", 1, 2, 4, 6), RawBox("hole", 0.5, 0, 30, 20, crowd=True))
    assert (record.size, record.split, findings) == ((30, 20), None, [])


def test_every_split_has_its_file_and_its_own_ids(put: Put, read: Read) -> None:
    for folder in ("train2017", "val2017"):
        put(f"{folder}/1.png")
    put("annotations/instances_train2017.json", coco([(5, "1.png")], [box()]))
    put("annotations/instances_val2017.json", coco([(5, "1.png")], [box(category_id=1)], [(1, "hole")]))
    put("annotations/captions_train2017.json", coco([(5, "1.png")]))
    records, findings = read()
    assert [(record.file, record.split, record.boxes[0].category) for record in records] == [
        ("train2017/1.png", "train", "crack"),
        ("val2017/1.png", "val", "hole"),
    ]
    assert named(findings) == [("other_file", "JSON that is not the file with the boxes")]


def test_the_layout_of_roboflow(put: Put, read: Read) -> None:
    for folder in ("train", "valid", "test"):
        put(f"{folder}/1.png")
        put(f"{folder}/_annotations.coco.json", coco([(0, "1.png")], [box(image_id=0)]))
    assert [(record.file, record.split) for record in read()[0]] == [
        ("test/1.png", "test"),
        ("train/1.png", "train"),
        ("valid/1.png", "val"),
    ]


def test_an_image_without_boxes_is_still_described(put: Put, read: Read) -> None:
    put("a.png")
    put("ann.json", coco([(5, "a.png")]))
    [record], findings = read()
    assert (record.boxes, findings) == ((), [])


def test_annotation_id_zero_is_named_and_renumbered(put: Put, read: Read) -> None:
    put("a.png")
    put("ann.json", coco([(5, "a.png")], [box(0), box(1)]))
    [record], findings = read(annotation_id_zero="fix")
    assert len(record.boxes) == 2
    assert named(findings) == [("annotation_id_zero", "annotation id 0 on image id 5")]
    assert findings[0].file == "ann.json"
    assert len(read()[0][0].boxes) == 1


def test_duplicate_annotation_ids_are_named_and_renumbered(put: Put, read: Read) -> None:
    put("a.png")
    put("ann.json", coco([(5, "a.png")], [box(3), box(3, bbox=[0, 0, 9, 9])]))
    [record], findings = read(duplicate_annotation_id="fix")
    assert len(record.boxes) == 2
    assert named(findings) == [("duplicate_annotation_id", "annotation id 3 again on image id 5")]
    assert len(read()[0][0].boxes) == 1


def test_duplicate_image_ids_cost_all_images_that_share_them(put: Put, read: Read) -> None:
    for name in "abc":
        put(f"{name}.png")
    put("ann.json", coco([(5, "a.png"), (5, "b.png"), (6, "c.png")], [box()]))
    records, findings = read()
    assert [record.file for record in records] == ["c.png"]
    assert named(findings) == [
        ("duplicate_image_id", "image id 5 is given 2 times, here to a.png"),
        ("duplicate_image_id", "image id 5 is given 2 times, here to b.png"),
    ]


def test_an_undeclared_category_is_named(put: Put, read: Read) -> None:
    put("a.png")
    put("ann.json", coco([(5, "a.png")], [box(1, category_id=8), box(2)]))
    [record], findings = read()
    assert [found.category for found in record.boxes] == ["crack"]
    assert named(findings) == [("unknown_class", "annotation 1: category id 8 is not among the 2 declared")]


def test_annotations_and_images_that_miss_each_other_are_named(put: Put, read: Read) -> None:
    put("a.png")
    put("b.png")
    put("ann.json", coco([(5, "a.png"), (6, "gone.png")], [box(1, image_id=77)]))
    records, findings = read()
    assert [record.file for record in records] == ["a.png"]
    assert named(findings) == [
        ("annotation_without_image", "annotation 1 is of image id 77, which is not listed"),
        ("annotation_without_image", "file_name 'gone.png': no such image"),
        ("image_without_annotation", "no annotation describes it"),
    ]


def test_an_image_described_twice_is_named(put: Put, read: Read) -> None:
    put("a.png")
    put("1.json", coco([(5, "a.png")], [box()]))
    put("2.json", coco([(5, "a.png")]))
    records, findings = read()
    assert [len(record.boxes) for record in records] == [1]
    assert named(findings) == [("repeated_image", "described in 2.json and in 1.json")]


@pytest.mark.parametrize("bbox", [None, [1, 2, 3], [1, 2, 3, "4"], "1 2 3 4", [1, 2, 3, float("nan")], [1, 2, 3, True]])
def test_a_broken_box_goes_with_its_image(put: Put, read: Read, bbox: Any) -> None:
    for name in "ab":
        put(f"{name}.png")
    put("ann.json", coco([(5, "a.png"), (6, "b.png")], [box(1, bbox=bbox), box(2), box(3, image_id=6)]))
    records, findings = read()
    assert [record.file for record in records] == ["b.png"]
    assert [found.finding for found in findings] == ["broken_annotation"]
    assert findings[0].reason.startswith("annotation 1: bbox is ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"images": [], "annotations": [', "not valid JSON"),
        ('["images", "annotations"]', "images is NoneType"),
        ('{"images": [], "annotations": []}', "categories is NoneType"),
        ({"images": [{"id": 1}], "annotations": [], "categories": []}, "an entry of images lacks its id or file_name"),
        ({"images": [], "annotations": [], "categories": [{"id": 1}]}, "an entry of categories lacks its id or name"),
        (coco([], [], [(1, "a"), (1, "b")]), "category id 1 has two names: 'a' and 'b'"),
        ('{"images": ' + "[" * 100_000 + '"annotations"', "not valid JSON"),
    ],
)
def test_a_broken_file_is_named(put: Put, read: Read, content: Any, reason: str) -> None:
    put("instances_train.json", content)
    records, findings = read()
    assert records == []
    assert [(found.finding, found.file) for found in findings] == [("broken_annotation", "instances_train.json")]
    assert reason in findings[0].reason


def test_paths_of_another_machine_are_found_by_their_end(put: Put, read: Read) -> None:
    put("data/left/a.png")
    put("data/right/a.png")
    put("ann.json", coco([(5, "C:\\work\\right\\a.png"), (6, "../left/a.png")], [box()]))
    records, _ = read()
    assert [(record.file, len(record.boxes)) for record in records] == [("data/left/a.png", 0), ("data/right/a.png", 1)]


def test_a_file_name_that_fits_two_images_is_named(put: Put, read: Read) -> None:
    put("left/a.png")
    put("right/a.png")
    put("ann.json", coco([(5, "a.png")]))
    records, findings = read()
    assert records == []
    assert ("annotation_without_image", "file_name 'a.png': could be left/a.png or right/a.png") in named(findings)
