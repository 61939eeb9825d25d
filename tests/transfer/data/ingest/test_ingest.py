import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from transfer.data.dataset import Dataset
from transfer.data.ingest.findings import KINDS, Finding, Ledger
from transfer.data.ingest.formats import canonical
from transfer.data.ingest.formats.records import RawBox, RawImage
from transfer.data.ingest.ingest import ingest
from transfer.data.ingest.labels import Rules
from transfer.data.source import open_source
from transfer.errors import DataError

NO_RULES = Rules("none", None, None, None, (), ())


def actions(**changed: str) -> dict[str, str]:
    return {**{name: "drop" if "drop" in kind.allowed else "keep" for name, kind in KINDS.items()}, **changed}


def take(
    root: Path, records: list[RawImage], *, rules: Rules = NO_RULES, num_threads: int = 2, **changed: str
) -> tuple[Dataset, list[Finding]]:
    ledger = Ledger(actions(**changed))
    with open_source(root) as source:
        dataset = ingest(source, records, ledger, rules=rules, num_threads=num_threads, max_pixels=1000)
    return dataset, ledger.findings()


def encode(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def plain(mode: str = "RGB", width: int = 30, height: int = 20) -> Image.Image:
    return Image.new(mode, (width, height))


def rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(plain(), "JPEG", exif=exif)


def wide() -> bytes:
    return encode(Image.fromarray(np.array([[0, 4096]], np.uint16)))


def animated() -> bytes:
    return encode(plain(), "GIF", save_all=True, append_images=[Image.new("RGB", (30, 20), "red")])


@pytest.mark.parametrize(
    ("name", "content", "finding", "reason"),
    [
        ("a.png", b"", "empty_file", "the file has zero bytes"),
        ("a.png", b"<html>", "not_an_image", "not an image: none of JPEG"),
        ("a.png", encode(plain())[:50], "truncated_image", "PNG, 50 bytes"),
        ("a.png", encode(plain("RGB", 50, 50)), "image_too_large", "50 x 50 pixels; the limit is 1,000"),
        ("a.tif", encode(Image.new("F", (3, 3)), "TIFF"), "unsupported_image", "mode F has no fixed range"),
        ("a.jpg", encode(plain()), "wrong_extension", "the content is PNG"),
        ("a.gif", animated(), "several_frames", "2 frames"),
        ("a.jpg", encode(plain("CMYK"), "JPEG"), "cmyk_image", "mode CMYK"),
        ("a.png", wide(), "sixteen_bit_image", "16 bits per sample, values up to 4096"),
        ("a.png", encode(plain("P")), "palette_image", "mode P"),
        ("a.png", encode(plain("RGBA")), "alpha_image", "mode RGBA"),
        ("a.jpg", rotated(), "exif_rotated", "EXIF orientation 6"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_what_is_odd_about_an_image_is_named(
    tmp_path: Path, name: str, content: bytes, finding: str, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "fine.png").write_bytes(encode(plain()))
    records = [RawImage(name, "t.csv"), RawImage("fine.png", "t.csv")]
    dataset, findings = take(tmp_path, records)
    assert list(dataset.images["file"]) == ["fine.png"]
    assert [(found.finding, found.file, found.action) for found in findings] == [(finding, name, "drop")]
    assert reason in findings[0].reason
    mend = next((action for action in ("fix", "keep") if action in KINDS[finding].allowed), None)
    if mend:
        dataset, findings = take(tmp_path, records, **{finding: mend})
        assert list(dataset.images["file"]) == [name, "fine.png"]
        assert [found.action for found in findings] == [mend]
    with pytest.raises(DataError, match=f"(?s)1 findings stop the line.*{finding} .*{name} .*"):
        take(tmp_path, records, **{finding: "fail"})


def test_a_damaged_member_of_a_zip_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", encode(plain()))
        archive.writestr("b.png", b"some content")
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes().replace(b"some content", b"same content"))
    dataset, findings = take(tmp_path / "a.zip", [RawImage("a.png", ""), RawImage("b.png", "")])
    assert list(dataset.images["file"]) == ["a.png"]
    assert [(found.finding, found.file) for found in findings] == [("unreadable_file", "b.png")]


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for number, name in enumerate(("c", "a", "b"), start=10):
        (tmp_path / f"{name}.png").write_bytes(encode(plain("RGB", number, 20)))
    return tmp_path


RECORDS = [
    RawImage("c.png", "t", "x", "train", "g", (RawBox("x", 0, 0, 5, 5), RawBox("y", 1, 1, 2, 2))),
    RawImage("a.png", "t", "y", "test", None, (RawBox("y", 0, 0, 3, 3, crowd=True),)),
    RawImage("b.png", "t"),
]
BY_ANNOTATION = replace(NO_RULES, label_from="annotation")


def test_images_and_boxes_are_numbered_in_the_order_of_the_files(three: Path) -> None:
    dataset, findings = take(three, RECORDS, rules=BY_ANNOTATION, image_without_label="keep", box_of_other_class="keep")
    assert list(dataset.images["image_id"]) == [1, 2, 3]
    assert list(dataset.images["file"]) == ["a.png", "b.png", "c.png"]
    assert list(dataset.images["width"]) == [11, 12, 10]
    assert dataset.images["sha256"][0] == hashlib.sha256((three / "a.png").read_bytes()).hexdigest()
    assert [None if value != value else value for value in dataset.images["label"]] == ["y", None, "x"]
    assert dataset.boxes[["box_id", "image_id", "category", "x_max", "crowd"]].to_numpy().tolist() == [
        [1, 1, "y", 3.0, True],
        [2, 3, "x", 5.0, False],
        [3, 3, "y", 2.0, False],
    ]
    assert (dataset.labels, dataset.categories) == (("x", "y"), ("x", "y"))
    assert [(found.finding, found.file, found.reason) for found in findings] == [
        ("box_of_other_class", "c.png", "a box of y, the image's label is x"),
        ("image_without_label", "b.png", "ingest_data.label_from: annotation finds none"),
    ]


def test_boxes_of_another_class_are_dropped_when_asked_and_boxes_renumbered(three: Path) -> None:
    dataset, _ = take(three, RECORDS, rules=BY_ANNOTATION)
    assert list(dataset.images["file"]) == ["a.png", "c.png"]
    assert dataset.boxes[["box_id", "image_id", "category"]].to_numpy().tolist() == [[1, 1, "y"], [2, 2, "x"]]


def test_labels_from_boxes_are_not_held_against_the_boxes(three: Path) -> None:
    dataset, findings = take(three, RECORDS[:2], rules=replace(NO_RULES, label_from="boxes"))
    assert list(dataset.images["label"]) == ["y", "x"]
    assert findings == []


def test_the_order_of_records_and_the_number_of_threads_change_nothing(three: Path) -> None:
    options = {"rules": BY_ANNOTATION, "image_without_label": "keep"}
    first, found = take(three, RECORDS, **options)  # type: ignore[arg-type]
    other, again = take(three, RECORDS[::-1], num_threads=1, **options)  # type: ignore[arg-type]
    assert first.images.equals(other.images)
    assert first.boxes.equals(other.boxes)
    assert (first.fingerprint, found) == (other.fingerprint, again)


@pytest.mark.parametrize(
    "change",
    [
        {"label": "z"},
        {"split": "val"},
        {"group": "h"},
        {"boxes": (RawBox("x", 0, 0, 5, 6), RawBox("y", 1, 1, 2, 2))},
        {"boxes": (RawBox("x", 0, 0, 5, 5),)},
        {"boxes": (RawBox("y", 0, 0, 5, 5), RawBox("x", 1, 1, 2, 2))},
    ],
)
def test_the_fingerprint_follows_annotations(three: Path, change: dict[str, Any]) -> None:
    options = {"rules": BY_ANNOTATION, "image_without_label": "keep", "box_of_other_class": "keep"}
    before, _ = take(three, RECORDS, **options)  # type: ignore[arg-type]
    after, _ = take(three, [replace(RECORDS[0], **change), *RECORDS[1:]], **options)  # type: ignore[arg-type]
    assert before.fingerprint != after.fingerprint


def test_the_fingerprint_follows_pixels_and_not_the_place(
    three: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in three.iterdir():
        (elsewhere / path.name).write_bytes(path.read_bytes())
    before = take(three, RECORDS)[0].fingerprint
    assert take(elsewhere, RECORDS)[0].fingerprint == before
    (elsewhere / "a.png").write_bytes(encode(Image.new("RGB", (11, 20), "red")))
    assert take(elsewhere, RECORDS)[0].fingerprint != before


def test_a_source_without_usable_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(DataError, match="no image is left; findings: empty_file"):
        take(tmp_path, [RawImage("a.png", "")])


def test_a_canonical_data_set_comes_back_as_it_was(three: Path) -> None:
    dataset, _ = take(three, RECORDS, rules=BY_ANNOTATION, image_without_label="keep", box_of_other_class="keep")
    expected = [replace(record, annotation="") for record in sorted(RECORDS, key=lambda record: record.file)]
    assert list(canonical.read(dataset)) == expected
