from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from transfer.data import detections
from transfer.data.dataset import BOX_SCHEMA, Dataset
from transfer.errors import DataError


@pytest.fixture
def splits(tmp_path):
    table = pd.DataFrame({"image_id": [3, 1, 2], "split": ["test", "test", "train"]})
    table.to_parquet(tmp_path / "splits.parquet")
    return tmp_path


def dataset(rows):
    boxes = pd.DataFrame(rows, columns=BOX_SCHEMA.names)
    return Dataset(Path(), pd.DataFrame({"image_id": [1, 2, 3]}), boxes, (), ("a", "b"), "")


def test_the_boxes_of_the_test_images_are_the_truth(splits):
    data = dataset([(0, 2, "a", 0, 0, 1, 1, False), (1, 3, "b", 0, 0, 2, 2, False)])
    image_ids, truth = detections.test_images(data, splits, categories=("a", "b"))
    assert image_ids == [1, 3]
    assert truth["box_id"].tolist() == [1]


def test_a_test_split_without_boxes_is_an_error(splits):
    for rows in ([(0, 2, "a", 0, 0, 1, 1, False)], [(0, 1, "a", 0, 0, 1, 1, True)]):
        with pytest.raises(DataError, match="the 2 test images have no boxes, so no detector can be measured"):
            detections.test_images(dataset(rows), splits, categories=("a",))


def test_categories_that_the_detector_does_not_know_are_named(splits):
    with pytest.raises(DataError, match="categories the detector does not know: b; train it again"):
        detections.test_images(dataset([(0, 1, "b", 0, 0, 1, 1, False)]), splits, categories=("a",))


def test_answers_become_one_table():
    one = (np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32), np.array([1]))
    none = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    table = detections.found_table([7, 8, 9], [none, one, one], categories=("a", "b"))
    assert table.to_dict("list") == {
        "image_id": [8, 9],
        "category": ["b", "b"],
        "x_min": [1.0, 1.0],
        "y_min": [2.0, 2.0],
        "x_max": [3.0, 3.0],
        "y_max": [4.0, 4.0],
        "score": [0.5, 0.5],
    }


def test_no_answers_become_a_table_with_the_same_columns():
    assert list(detections.found_table([], [], categories=("a",)).columns) == detections.COLUMNS


def test_overlaps_by_hand():
    left = np.array([[0, 0, 10, 10], [20, 20, 30, 30]], float)
    right = np.array([[0, 0, 10, 5], [5, 5, 15, 15], [40, 40, 41, 41]], float)
    np.testing.assert_allclose(detections.overlaps(left, right), [[0.5, 25 / 175, 0], [0, 0, 0]])
