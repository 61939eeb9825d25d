from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("prefix", ["", "root/", "a/b c/"])
def test_a_folder_is_a_class(put: Callable[..., None], read: Callable[..., Any], prefix: str) -> None:
    for name in ("cat/1.png", "cat/deep/2.png", "dog/1.png"):
        put(prefix + name)
    records, findings = read()
    assert [(record.file, record.label, record.split) for record in records] == [
        (f"{prefix}cat/1.png", "cat", None),
        (f"{prefix}cat/deep/2.png", "cat", None),
        (f"{prefix}dog/1.png", "dog", None),
    ]
    assert findings == []


def test_top_folders_may_be_splits(put: Callable[..., None], read: Callable[..., Any]) -> None:
    for name in ("Training/cat/1.png", "valid/cat/2.png", "test/dog/3.png"):
        put(f"root/{name}")
    records, _ = read("imagefolder")
    assert {(record.label, record.split) for record in records} == {("cat", "train"), ("cat", "val"), ("dog", "test")}


def test_a_lone_split_is_still_a_split(put: Callable[..., None], read: Callable[..., Any]) -> None:
    for name in ("train/cat/1.png", "train/dog/2.png"):
        put(name)
    assert {(record.label, record.split) for record in read()[0]} == {("cat", "train"), ("dog", "train")}


def test_a_class_may_be_called_like_a_split(put: Callable[..., None], read: Callable[..., Any]) -> None:
    for name in ("car/1.png", "train/2.png", "ship/3.png"):
        put(name)
    assert {(record.label, record.split) for record in read()[0]} == {("car", None), ("train", None), ("ship", None)}


def test_one_class_alone_keeps_its_name(put: Callable[..., None], read: Callable[..., Any]) -> None:
    put("root/cat/1.png")
    assert [record.label for record in read()[0]] == ["cat"]


def test_an_image_outside_all_folders_has_no_label(put: Callable[..., None], read: Callable[..., Any]) -> None:
    for name in ("stray.png", "cat/1.png", "dog/1.png"):
        put(name)
    assert {record.file: record.label for record in read()[0]} == {
        "stray.png": None,
        "cat/1.png": "cat",
        "dog/1.png": "dog",
    }


def test_all_other_files_are_listed(put: Callable[..., None], read: Callable[..., Any]) -> None:
    for name in ("cat/1.png", "LICENSE", "cat/.DS_Store", "__MACOSX/cat/._1.png", "cat/raw.nef"):
        put(name)
    records, findings = read()
    assert [record.file for record in records] == ["cat/1.png"]
    assert [(found.finding, found.file) for found in findings] == [
        ("other_file", name) for name in ("LICENSE", "__MACOSX/cat/._1.png", "cat/.DS_Store", "cat/raw.nef")
    ]
