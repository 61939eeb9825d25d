import numpy as np
import pytest

from transfer.errors import ParityError
from transfer.export import detector_parity
from transfer.export.detector_parity import Sides, match

BOXES = np.array([[0, 0, 10, 10], [20, 20, 40, 40], [0, 0, 10, 9.9]], np.float32)
SCORES = np.array([0.9, 0.8, 0.8], np.float32)
LABELS = np.array([0, 1, 0])
NONE = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def test_equal_scores_in_another_order_match():
    order = [0, 2, 1]
    result = match((BOXES, SCORES, LABELS), (BOXES[order], SCORES[order], LABELS[order]), least_overlap=0.9)
    assert (result.num_matched, result.num_unmatched) == (3, 0)
    assert (result.score_difference, result.box_difference) == (0.0, 0.0)


def test_differences_are_those_of_pairs():
    moved = BOXES + np.float32([0, 0, 0.25, 0])
    result = match((BOXES, SCORES, LABELS), (moved, SCORES - np.float32(0.01), LABELS), least_overlap=0.9)
    assert result.num_matched == 3
    assert result.score_difference == pytest.approx(0.01, abs=1e-6)
    assert result.box_difference == pytest.approx(0.25)


def test_another_label_or_too_little_overlap_is_no_partner():
    left, right = (BOXES[:1], SCORES[:1], LABELS[:1]), (BOXES[:1], SCORES[:1], LABELS[1:2])
    assert match(left, right, least_overlap=0.9).num_unmatched == 2
    right = (BOXES[:1] + 5, SCORES[:1], LABELS[:1])
    assert match(left, right, least_overlap=0.9).num_unmatched == 2


def test_a_detection_has_one_partner():
    twice = (BOXES[[0, 0]], SCORES[[0, 0]], LABELS[[0, 0]])
    result = match(twice, (BOXES[:1], SCORES[:1], LABELS[:1]), least_overlap=0.9)
    assert (result.num_matched, result.num_unmatched) == (1, 1)


def test_images_without_detections_count_as_images():
    result = detector_parity.compare(Sides([NONE, NONE], [NONE, NONE]), least_overlap=0.9)
    assert (result["num_images"], result["num_matched"], result["num_unmatched"]) == (2, 0, 0)
    assert result["max_box_difference"] == 0.0


LIMITS = {"max_ap_difference": 0.001, "max_unmatched": 0.01, "max_score_difference": 0.001}
GOOD = {
    "AP_torch": 0.5,
    "AP_onnx": 0.5005,
    "num_matched": 100,
    "num_unmatched": 1,
    "num_images": 9,
    "max_score_difference": 0.0001,
}


def test_small_differences_pass():
    detector_parity.require(GOOD, **LIMITS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"AP_onnx": 0.49}, r"AP 1\.00e-02 \(limit 0\.001\)"),
        ({"num_unmatched": 20}, r"share of detections without a partner 9\.09e-02"),
        ({"max_score_difference": 0.2}, r"score of a matched pair 2\.00e-01"),
    ],
)
def test_large_differences_fail_with_the_figure_and_its_limit(change, message):
    with pytest.raises(ParityError, match=f"on 9 test images: {message}"):
        detector_parity.require({**GOOD, **change}, **LIMITS)
