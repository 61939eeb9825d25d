from pathlib import Path

import pandas as pd
import pytest

from transfer.data.dataset import Dataset
from transfer.data.gate.tables import tables


def drawn() -> Dataset:
    images = pd.DataFrame(
        {
            "image_id": [7, 8],
            "file": ["a.png", "b.png"],
            "sha256": ["1", "2"],
            "width": [40, 10],
            "height": [20, 50],
            "label": ["x", "x"],
        }
    )
    corners = {"x_min": [0, -3, 1], "y_min": [0, 1, 1], "x_max": [40, 4, 9], "y_max": [10, 21, 60]}
    boxes = pd.DataFrame({"box_id": [0, 1, 2], "image_id": [7, 7, 8], "category": ["p", "q", "q"], **corners})
    return Dataset(Path("raw"), images, boxes, ("x", "y"), ("p", "q"), "")


def test_images_have_sides_aspect_and_number_of_boxes() -> None:
    images = tables(drawn())["images"]
    assert [20, 10] == images["shorter_side"].tolist()
    assert [40, 50] == images["longer_side"].tolist()
    assert images["aspect"].tolist() == pytest.approx([2, 5])
    assert [2, 1] == images["num_boxes"].tolist()


def test_boxes_have_their_file_and_how_far_they_reach_over_the_edge() -> None:
    boxes = tables(drawn())["boxes"]
    assert ["a.png", "a.png", "b.png"] == boxes["file"].tolist()
    assert [0, 3, 10] == boxes["overhang"].tolist()
    assert [10, 7, 8] == boxes["shorter_side"].tolist()


def test_classes_without_images_are_counted_as_well() -> None:
    labels, categories = (tables(drawn())[name] for name in ("labels", "categories"))
    assert {"x": 2, "y": 0} == dict(zip(labels["name"], labels["count"], strict=True))
    assert [2.0, 1.0] == categories["times_fewer"].tolist()


def test_tables_without_rows_are_left_out() -> None:
    found = drawn()
    bare = Dataset(found.root, found.images, found.boxes.iloc[:0], (), (), "")
    assert {"images"} == set(tables(bare))
