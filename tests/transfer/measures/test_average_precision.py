import contextlib
import io
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from transfer.measures import average_precision

CATEGORIES = [{"id": 1, "name": "dent"}, {"id": 2, "name": "spot"}, {"id": 3, "name": "never"}]


def scene(*, seed: int, num_images: int = 12) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """True boxes and detections near most of them, some of the wrong category, some from nowhere."""
    generator = np.random.default_rng(seed)
    truths, found = [], []
    for image in range(1, num_images + 1):
        for _ in range(int(generator.integers(0, 4))):
            corner, side = generator.uniform(0, 80, 2), generator.uniform(8, 30, 2)
            category = int(generator.integers(1, 3))
            crowd = int(generator.random() < 0.1)
            truths.append({"image_id": image, "category_id": category, "bbox": [*corner, *side], "iscrowd": crowd})
            if generator.random() < 0.8:
                moved = [*(corner + generator.normal(0, 3, 2)), *(side * generator.uniform(0.8, 1.2, 2))]
                answer = category if generator.random() < 0.8 else 3 - category
                found.append({"image_id": image, "category_id": answer, "bbox": moved})
        found.append({"image_id": image, "category_id": 1, "bbox": [*generator.uniform(0, 80, 2), 10.0, 10.0]})
    scores = generator.permutation(len(found)) / len(found)
    detections = [{**box, "score": float(score)} for box, score in zip(found, scores, strict=True)]
    truth = {"images": [{"id": number} for number in range(1, num_images + 1)], "categories": CATEGORIES}
    return {**truth, "annotations": truths}, detections


def reference(truth: dict[str, Any], detections: list[dict[str, Any]]) -> dict[str, float]:
    """AP, AP50 and AP75 by pycocotools alone."""
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        numbered = [
            {**box, "id": number, "area": box["bbox"][2] * box["bbox"][3]}
            for number, box in enumerate(truth["annotations"], start=1)
        ]
        known.dataset = {**truth, "annotations": numbered, "info": {}}
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes(detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(("AP", "AP50", "AP75"), evaluation.stats[:3].tolist(), strict=True))


def repeated(
    truth: dict[str, Any], detections: list[dict[str, Any]], counts: np.ndarray
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The scene in which each image is there as often as it counts."""
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for image, count in zip(truth["images"], counts, strict=True):
        for _ in range(count):
            number = len(images) + 1
            images.append({"id": number})
            boxes += [{**box, "image_id": number} for box in truth["annotations"] if box["image_id"] == image["id"]]
            found += [{**box, "image_id": number} for box in detections if box["image_id"] == image["id"]]
    return {**truth, "images": images, "annotations": boxes}, found


@pytest.mark.parametrize("metric", list(average_precision.OVERLAPS))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_images_once_are_what_pycocotools_says(metric: str, seed: int) -> None:
    truth, detections = scene(seed=seed)
    measure = average_precision.measure(average_precision.match(truth, detections), metric=metric)

    assert measure(np.ones((1, 12), dtype=int))[0] == pytest.approx(reference(truth, detections)[metric], abs=1e-9)


@pytest.mark.parametrize("metric", list(average_precision.OVERLAPS))
def test_images_that_count_twice_are_like_images_that_are_there_twice(metric: str) -> None:
    truth, detections = scene(seed=3)
    counts = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), size=6)

    values = average_precision.measure(average_precision.match(truth, detections), metric=metric)(counts)

    for draw, value in zip(counts, values, strict=True):
        assert value == pytest.approx(reference(*repeated(truth, detections, draw))[metric], abs=1e-9)


def test_images_are_placed_by_their_ids() -> None:
    truth, detections = scene(seed=0)
    shuffled = {**truth, "images": truth["images"][::-1]}
    counts = np.arange(12)[None]

    values = [
        average_precision.measure(average_precision.match(t, detections), metric="AP")(counts)
        for t in (truth, shuffled)
    ]

    assert values[0] == values[1]


def test_a_category_without_true_boxes_has_no_value() -> None:
    truth, detections = scene(seed=0)
    each = average_precision.per_category(average_precision.match(truth, detections), metric="AP50")

    assert each["never"] is None
    assert each["dent"] is not None


def test_no_detection_at_all_is_a_precision_of_nothing() -> None:
    truth, _ = scene(seed=0)
    matches = average_precision.match(truth, [])

    assert {"dent": 0.0, "spot": 0.0, "never": None} == average_precision.per_category(matches, metric="AP")
