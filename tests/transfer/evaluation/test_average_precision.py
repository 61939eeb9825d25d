import numpy as np
import pandas as pd
import pytest

from transfer.data.dataset import BOX_SCHEMA
from transfer.data.detections import COLUMNS, CORNERS, overlaps
from transfer.evaluation import average_precision


def truth(*boxes):
    rows = [(i, image, name, *corners, crowd) for i, (image, name, corners, crowd) in enumerate(boxes)]
    return pd.DataFrame(rows, columns=BOX_SCHEMA.names)


def found(*boxes):
    return pd.DataFrame([(image, name, *corners, score) for image, name, corners, score in boxes], columns=COLUMNS)


def summary(seen, known, *, image_ids=(0, 1), categories=("a", "b")):
    return average_precision.summary(average_precision.measure(seen, known, image_ids=image_ids, categories=categories))


SMALL, LARGE = (0, 0, 20, 20), (0, 0, 200, 100)


def test_two_perfect_detections_are_1_whatever_the_ids():
    known = truth((0, "a", SMALL, False), (1, "b", LARGE, False))
    result = summary(found((0, "a", SMALL, 0.9), (1, "b", LARGE, 0.8)), known)
    for name in ("AP", "AP50", "AP75", "AP_small", "AP_large"):
        assert result[name] == pytest.approx(1.0)
    assert result["AP_medium"] is None
    assert result["categories_without_boxes"] == []


def test_nothing_found_is_0_and_no_crash():
    result = summary(found(), truth((0, "a", SMALL, False)))
    assert (result["AP"], result["AP50"], result["AP_small"]) == (0.0, 0.0, 0.0)


def test_a_category_without_boxes_is_named_and_not_averaged():
    known = truth((0, "a", SMALL, False))
    result = summary(found((0, "a", SMALL, 0.9), (1, "b", LARGE, 0.8)), known)
    assert result["AP"] == pytest.approx(1.0)
    assert result["categories_without_boxes"] == ["b"]
    assert result["per_class"]["b"] == {"AP": None, "AP50": None}


def test_a_crowd_box_is_neither_hit_nor_missed():
    known = truth((0, "a", SMALL, False), (1, "a", LARGE, True))
    result = summary(found((0, "a", SMALL, 0.5), (1, "a", LARGE, 0.9)), known)
    assert result["AP"] == pytest.approx(1.0)


def test_two_hits_and_a_miss_by_hand():
    known = truth((0, "a", (0, 0, 10, 10), False), (0, "a", (20, 20, 30, 30), False))
    seen = found((0, "a", (0, 0, 10, 10), 0.9), (0, "a", (0, 0, 10, 9), 0.8), (0, "a", (20, 20, 30, 30), 0.7))
    # Precision is 1 up to a recall of a half, and 2/3 from there on, at every overlap.
    assert summary(seen, known)["AP"] == pytest.approx((51 + 50 * 2 / 3) / 101)


def slow_average_precision(seen, known, overlap):
    """Sort all detections of a category, walk down, and integrate by the definition, in plain loops."""
    values = []
    for name in known["category"].unique():
        mine = known[known["category"] == name]
        taken, hits = set(), []
        for detection in seen[seen["category"] == name].sort_values("score", ascending=False).itertuples():
            candidates = [box for box in mine.itertuples() if box.image_id == detection.image_id]
            best, best_overlap = None, overlap
            for box in candidates:
                one = np.array([[getattr(detection, side) for side in CORNERS]])
                other = np.array([[getattr(box, side) for side in CORNERS]])
                common = overlaps(one, other)[0, 0]
                if box.box_id not in taken and common >= best_overlap:
                    best, best_overlap = box.box_id, common
            taken.add(best)
            hits.append(best is not None)
        precision = [sum(hits[: i + 1]) / (i + 1) for i in range(len(hits))]
        recall = [sum(hits[: i + 1]) / len(mine) for i in range(len(hits))]
        heights = [
            max((p for p, r in zip(precision, recall, strict=True) if r >= least), default=0.0)
            for least in np.linspace(0, 1, 101)
        ]
        values.append(np.mean(heights))
    return np.mean(values)


@pytest.mark.parametrize("seed", range(4))
def test_it_equals_a_slow_implementation_on_drawn_boxes(seed):
    generator = np.random.default_rng(seed)
    known, seen = [], []
    for image in range(6):
        for _ in range(4):
            left, top, width, height = generator.uniform(20, 60, 4)
            name = str(generator.choice(["a", "b"]))
            known.append((image, name, (left, top, left + width, top + height), False))
            for score in generator.uniform(0, 1, 2):
                shift = generator.normal(0, 6, 4)
                corners = tuple(np.array([left, top, left + width, top + height]) + shift)
                seen.append((image, name if score > 0.2 else "b", corners, score))
    result = summary(found(*seen), truth(*known), image_ids=range(6))
    overlap_values = [
        slow_average_precision(found(*seen), truth(*known), overlap) for overlap in np.arange(0.5, 1, 0.05)
    ]
    assert result["AP50"] == pytest.approx(overlap_values[0])
    assert result["AP75"] == pytest.approx(overlap_values[5])
    assert result["AP"] == pytest.approx(np.mean(overlap_values))


def test_it_prints_nothing(capfd):
    summary(found((0, "a", SMALL, 0.9)), truth((0, "a", SMALL, False)))
    assert capfd.readouterr().out == ""
