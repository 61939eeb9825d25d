import numpy as np
import pandas as pd
import pytest

from transfer.data.dataset import CORNERS
from transfer.evaluation import average_precision
from transfer.report import precision_interval
from transfer.report.coco_files import Boxes

NAMES = ("a", "b", "absent")


@pytest.fixture
def boxes() -> Boxes:
    chance = np.random.default_rng(0)
    rows = []
    for image in range(12):
        for _ in range(chance.integers(0, 4)):
            left, top = chance.uniform(0, 60, 2)
            rows.append((image, NAMES[chance.integers(0, 2)], left, top, left + 25, top + 25))
    truth = pd.DataFrame(rows, columns=["image_id", "category", *CORNERS])
    found = pd.concat([truth, truth.sample(frac=0.6, random_state=0)], ignore_index=True)
    found[CORNERS] += chance.normal(0, 3, (len(found), 4))
    found["score"] = chance.permutation(len(found)) / len(found)
    truth["crowd"] = [number == 3 for number in range(len(truth))]
    return Boxes(list(range(12)), {}, NAMES, truth, found)


def by_cocotools(boxes, counts):
    """Measure a data set in which each image really stands as often as `counts` says."""
    copies = [(image, copy) for image in boxes.image_ids for copy in range(counts[image])]
    tables = [
        pd.concat([t[t["image_id"] == image].assign(image_id=new) for new, (image, _) in enumerate(copies)])
        for t in (boxes.found, boxes.truth)
    ]
    precision = average_precision.measure(*tables, image_ids=range(len(copies)), categories=boxes.categories)
    found = average_precision.summary(precision)
    return [found["AP"], found["AP50"]]


def test_with_every_image_once_it_is_the_average_precision(boxes) -> None:
    once = np.ones(12, dtype=np.int64)

    found = precision_interval.mean_precision(precision_interval.match(boxes), once)

    assert found == pytest.approx(by_cocotools(boxes, once))


def test_a_draw_is_measured_as_if_its_images_stood_there_several_times(boxes) -> None:
    chance = np.random.default_rng(1)
    matches = precision_interval.match(boxes)
    for _ in range(5):
        counts = np.bincount(chance.integers(0, 12, 12), minlength=12)
        assert precision_interval.mean_precision(matches, counts) == pytest.approx(
            by_cocotools(boxes, counts), abs=1e-9
        )


def test_the_interval_holds_the_value_and_is_the_same_again(boxes) -> None:
    found = precision_interval.intervals(boxes, resamples=50, seed=0)

    for name, value in zip(("AP", "AP50"), by_cocotools(boxes, [1] * 12), strict=True):
        assert found[name][0] < value < found[name][1]
    assert found == precision_interval.intervals(boxes, resamples=50, seed=0)


def test_a_detector_that_finds_nothing_has_no_precision(boxes) -> None:
    nothing = Boxes(boxes.image_ids, {}, NAMES, boxes.truth, boxes.found.iloc[:0])

    assert {"AP": (0, 0), "AP50": (0, 0)} == precision_interval.intervals(nothing, resamples=5, seed=0)
