import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from transfer.data import dataset
from transfer.data.views import shards, store
from transfer.data.views.rendering import Style
from transfer.errors import DataError

STYLES = {
    "classifier": Style(image_size=16, num_views=2, policy="flips", keep_shape=False),
    "detector": Style(image_size=32, num_views=1, policy="surface", keep_shape=True),
}


def draw_dataset(folder, count=9):
    """Images of 40 x 20 pixels whose box, at (10, 5) to (30, 15), is white."""
    folder.mkdir()
    rows, boxes = [], []
    for index in range(count):
        pixels = np.full((20, 40, 3), 10 * index, np.uint8)
        pixels[5:15, 10:30] = 255
        path = folder / f"{index}.png"
        Image.fromarray(pixels).save(path)
        content = path.read_bytes()
        rows.append(
            dict.fromkeys(dataset.IMAGE_SCHEMA.names)
            | {"image_id": 100 + index, "file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
            | {"bytes": len(content), "width": 40, "height": 20, "label": ["b", "a", None][index % 3]}
        )
        corners = {"x_min": 10.0, "y_min": 5.0, "x_max": 30.0, "y_max": 15.0}
        boxes.append({"box_id": index + 1, "image_id": 100 + index, "category": "hole", **corners, "crowd": False})
    return dataset.Dataset(folder, pd.DataFrame(rows), pd.DataFrame(boxes), ("a", "b"), ("hole",), "f")


def write(data, out, workers):
    splits = ["train", "train", "train", "train", "train", "train", "val", "val", "test"]
    assigned = pd.DataFrame({"image_id": data.images["image_id"], "split": splits})
    folders = {name: out / name for name in STYLES}
    for folder in folders.values():
        folder.mkdir(parents=True)
    store.write(folders, data, assigned, STYLES, seed=0, workers=workers)


def test_shards_hold_views_labels_and_boxes(tmp_path):
    data = draw_dataset(tmp_path / "images")
    write(data, tmp_path / "out", workers=0)
    facts = shards.read_facts(tmp_path / "out/classifier")
    classifier = shards.read_split(tmp_path / "out/classifier", "train")
    detector = shards.read_split(tmp_path / "out/detector", "train")

    assert (facts.names, facts.image_size, facts.num_views) == (("a", "b"), 16, 2)
    # Four of six training images have a label; each is stored plain and in two views.
    assert len(classifier) == 12
    assert classifier.rows["label"].tolist() == [1] * 3 + [0] * 3 + [1] * 3 + [0] * 3
    assert len(detector) == 12
    plain = detector.rows[detector.rows["view"] == 0]
    assert set(zip(plain["height"], plain["width"], strict=True)) == {(16, 32)}
    box = detector.boxes[detector.boxes["row"] == 0].iloc[0]
    assert (box.x_min, box.y_min, box.x_max, box.y_max) == (8, 4, 24, 12)
    assert detector.pixels(np.array([0]))[0, 4:12, 8:24].mean() > 240


def test_only_the_training_split_is_augmented(tmp_path):
    write(draw_dataset(tmp_path / "images"), tmp_path / "out", workers=0)

    for split, images in (("val", 2), ("test", 1)):
        assert shards.read_split(tmp_path / "out/detector", split).rows["view"].tolist() == [0] * images


def test_any_number_of_workers_writes_the_same_bytes(tmp_path):
    data = draw_dataset(tmp_path / "images")
    for workers in (0, 2):
        write(data, tmp_path / f"out{workers}", workers=workers)

    for path in sorted((tmp_path / "out0").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "out2" / path.relative_to(tmp_path / "out0")).read_bytes()


def test_an_image_that_changed_since_ingest_is_refused(tmp_path):
    data = draw_dataset(tmp_path / "images")
    Image.new("RGB", (40, 20)).save(tmp_path / "images/3.png")

    with pytest.raises(DataError, match=r"3\.png: changed since it was ingested"):
        write(data, tmp_path / "out", workers=2)
