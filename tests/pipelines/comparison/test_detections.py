import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.comparison import detections
from pipelines.comparison.record import Record, StageRecord
from pipelines.comparison.revision import Revision
from pipelines.comparison.storage import Side
from pipelines.store import Store

BOX = [10.0, 10.0, 20.0, 20.0]


def side(folder: Path, names: list[str], *, hits: int, outs: bool = True) -> Side:
    """One dent per image; the first `hits` images have theirs found, the others one elsewhere."""
    images = [{"id": 7 * n, "file_name": name, "sha256": f"hash of {name}"} for n, name in enumerate(names, start=1)]
    truth = {
        "images": images,
        "categories": [{"id": 1, "name": "dent"}],
        "annotations": [
            {"id": i["id"], "image_id": i["id"], "category_id": 1, "bbox": BOX, "iscrowd": 0} for i in images
        ],
    }
    found = [
        {"image_id": image["id"], "category_id": 1, "bbox": BOX if n < hits else [60.0, 60.0, 5.0, 5.0], "score": 0.9}
        for n, image in enumerate(images)
    ]
    digests: dict[str, str] = {}
    for path, value in ((detections.TRUTH, truth), (detections.FOUND, found)):
        digests[path] = keep(folder, value)
    record = Record({"evaluate_detector": StageRecord("", {}, digests if outs else {})}, ())
    return Side(Revision(folder, "x", None), record, Store(folder, folder))


def keep(folder: Path, value: Any) -> str:
    import hashlib

    data = json.dumps(value).encode()
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    (folder / digest[:2]).mkdir(exist_ok=True)
    (folder / digest[:2] / digest[2:]).write_bytes(data)
    return digest


def test_ap50_is_compared_on_the_images_of_both(tmp_path: Path) -> None:
    old = side(tmp_path, ["a", "b", "c", "d"], hits=1)
    new = side(tmp_path, ["d", "c", "b", "e"], hits=3)

    found = detections.compare(old, new)

    assert found is not None
    assert (3, 1, 1) == (found["in_both"], found["only_old"], found["only_new"])
    # Of b, c and d none was found before.
    assert [("all", 0.0, 1.0), ("dent", 0.0, 1.0)] == [
        (c["name"], c["old"], pytest.approx(c["new"])) for c in found["changes"]
    ]
    assert (1.0, 1.0) == pytest.approx((found["changes"][0]["low"], found["changes"][0]["high"]))


def test_the_same_detections_differ_by_nothing(tmp_path: Path) -> None:
    one = side(tmp_path, ["a", "b", "c"], hits=2)

    (change, _) = detections.compare(one, one)["changes"]

    assert (0, 0, 0) == (change["change"], change["low"], change["high"])


def test_other_images_have_nothing_to_compare(tmp_path: Path) -> None:
    found = detections.compare(side(tmp_path, ["a"], hits=1), side(tmp_path, ["b", "c"], hits=1))

    assert {"in_both": 0, "only_old": 1, "only_new": 2, "changes": []} == found


def test_a_side_without_detections_is_not_compared(tmp_path: Path) -> None:
    assert detections.compare(side(tmp_path, ["a"], hits=1), side(tmp_path, ["a"], hits=1, outs=False)) is None
