import numpy as np
import pandas as pd
import pytest
import torch

from transfer.evaluation import average_precision as coco
from transfer.training.average_precision import OVERLAPS, average_precisions

NAMES = ("a", "b", "c")


def image(boxes, labels, scores=None):
    values = {"boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4), "labels": torch.tensor(labels).long()}
    return values if scores is None else {**values, "scores": torch.tensor(scores, dtype=torch.float32)}


def table(images):
    parts = []
    for number, one in enumerate(images):
        frame = pd.DataFrame(one["boxes"].double().numpy(), columns=["x_min", "y_min", "x_max", "y_max"])
        frame["image_id"], frame["category"] = number, [NAMES[label - 1] for label in one["labels"].tolist()]
        if "scores" in one:
            frame["score"] = one["scores"].double().numpy()
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("seed", range(5))
def test_it_equals_pycocotools_on_drawn_boxes(seed):
    generator = np.random.default_rng(seed)
    wanted, found = [], []
    for _ in range(8):
        corners = generator.uniform(0, 60, (4, 2))
        boxes = np.hstack([corners, corners + generator.uniform(30, 60, (4, 2))])
        labels = generator.integers(1, 3, 4)
        moved = np.vstack([boxes + generator.normal(0, 2, boxes.shape), boxes[:2] + generator.normal(0, 6, (2, 4))])
        wanted.append(image(boxes, labels))
        found.append(image(moved, [*labels, *generator.integers(1, 4, 2)], generator.uniform(0, 1, 6)))

    precision = coco.measure(table(found), table(wanted), image_ids=range(8), categories=NAMES)
    expected = [values[values > -1].mean() for values in precision.values[..., 0]]
    assert len(OVERLAPS) == len(expected)
    assert average_precisions(found, wanted) == pytest.approx(np.array(expected), abs=1e-6)


def test_two_hits_and_a_miss_by_hand():
    wanted = [image([[0, 0, 10, 10], [20, 20, 30, 30]], [1, 1])]
    # By score: right, wrong (a second answer for the same box), right. Precision 1 up to recall 0.5, then 2/3.
    found = [image([[0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30]], [1, 1, 1], [0.9, 0.8, 0.7])]
    expected = (51 * 1 + 50 * 2 / 3) / 101
    assert average_precisions(found, wanted)[0] == pytest.approx(expected)


def test_nothing_found_is_0():
    assert not average_precisions([image([], [], [])], [image([[0, 0, 9, 9]], [1])]).any()
