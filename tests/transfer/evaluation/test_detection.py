import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from transfer.data.dataset import BOX_SCHEMA
from transfer.data.detections import COLUMNS
from transfer.evaluation import average_precision, detection, detection_cases, detection_files, detection_pictures


@pytest.fixture
def truth():
    rows = [(0, 5, "a", 0, 0, 10, 10, False), (1, 5, "a", 20, 20, 40, 40, False), (2, 6, "b", 0, 0, 30, 30, False)]
    return pd.DataFrame(rows, columns=BOX_SCHEMA.names)


@pytest.fixture
def found():
    rows = [(5, "a", 0, 0, 10, 10, 0.9), (5, "b", 20, 20, 40, 40, 0.8), (6, "b", 0, 0, 30, 29, 0.7)]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def precision(found, truth):
    return average_precision.measure(found, truth, image_ids=[5, 6, 7], categories=("a", "b", "c"))


def test_the_metrics_have_the_names_that_others_rely_on(precision, truth):
    metrics = detection.metrics(precision, truth, image_ids=[5, 6, 7])
    assert {"AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "num_images", "per_class"} <= set(metrics)
    assert metrics["num_images"] == 3
    assert {name: values["num_boxes"] for name, values in metrics["per_class"].items()} == {"a": 2, "b": 1, "c": 0}
    assert metrics["categories_without_boxes"] == ["c"]


def test_the_curves_have_101_recalls_for_every_category_with_boxes_and_the_mean(precision, tmp_path):
    detection.write_curves(tmp_path / "curve.csv", precision)
    table = pd.read_csv(io.StringIO((tmp_path / "curve.csv").read_text()))
    assert table.groupby("category").size().to_dict() == {"a": 101, "all": 101, "b": 101}
    wide = table.pivot_table(index="recall", columns="category", values="precision")
    np.testing.assert_allclose(wide["all"], (wide["a"] + wide["b"]) / 2, atol=1e-6)
    # One of the two boxes of "a" is found.
    assert wide["a"].round(6).tolist() == [1.0] * 51 + [0.0] * 50


def test_images_are_ranked_from_worst_to_best(found, truth):
    ranked = detection_cases.by_quality(found, truth, least_overlap=0.5)
    assert [image_id for image_id, _ in ranked] == [5, 6]
    assert dict(ranked) == {5: pytest.approx(0.5), 6: pytest.approx(1.0)}


def test_an_image_on_which_nothing_was_found_has_0(found, truth):
    ranked = detection_cases.by_quality(found[found["image_id"] == 6], truth, least_overlap=0.5)
    assert ranked[0] == (5, 0.0)


def test_a_sheet_shows_true_boxes_green_and_found_ones_orange_in_the_same_bytes_each_time(found, truth, tmp_path):
    pixels = np.full((40, 80, 3), 128, np.uint8)
    case = detection_pictures.Case(
        pixels, truth[truth["image_id"] == 5], found[found["image_id"] == 5], caption="x.png"
    )
    for name in ("one.png", "two.png"):
        detection_pictures.sheet(tmp_path / name, [case] * 5, title="Five")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    colours = {colour for _, colour in Image.open(tmp_path / "one.png").getcolors(2**24)}
    assert {(0x39, 0xD3, 0x53), (0xFF, 0x5A, 0x36)} <= colours


def test_pycocotools_reads_both_files_and_measures_the_same(found, truth, precision, tmp_path, capsys):
    columns = {"width": 50, "height": 40, "sha256": "0", "file": "drawn.png"}
    images = pd.DataFrame({"image_id": [5, 6, 7]}).assign(**columns)
    detection_files.write_truth(tmp_path / "truth.json", truth, images, categories=("a", "b", "c"))
    detection_files.write_found(tmp_path / "found.json", found, categories=("a", "b", "c"))

    known = COCO(str(tmp_path / "truth.json"))
    evaluation = COCOeval(known, known.loadRes(str(tmp_path / "found.json")), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    capsys.readouterr()

    np.testing.assert_allclose(evaluation.eval["precision"][..., -1], precision.values)
    assert [image["id"] for image in known.dataset["images"]] == [5, 6, 7]


def test_an_image_has_its_surest_box_first_and_scores_lose_nothing(found, tmp_path):
    detection_files.write_found(
        tmp_path / "found.json", found.assign(score=np.float32([0.1, 0.7, 0.3])), categories=("a", "b")
    )

    rows = [list(row.values()) for row in json.loads((tmp_path / "found.json").read_text())]
    assert [[5, 2, [20, 20, 20, 20], 0.7], [5, 1, [0, 0, 10, 10], 0.1], [6, 2, [0, 0, 30, 29], 0.3]] == rows


def test_nothing_found_is_an_empty_list(found, tmp_path):
    detection_files.write_found(tmp_path / "found.json", found[:0], categories=("a", "b"))

    assert json.loads((tmp_path / "found.json").read_text()) == []
