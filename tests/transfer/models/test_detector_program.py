import numpy as np
import torch

from transfer.models import detector_prediction
from transfer.models.detector_program import DetectorProgram


def test_it_answers_as_the_detector_does_with_labels_from_0(detector_facts, tiny_detector):
    image = torch.randint(0, 256, (80, 30, 3), dtype=torch.uint8)
    program = DetectorProgram(tiny_detector, detector_facts)
    with torch.no_grad():
        (expected,) = tiny_detector([image.permute(2, 0, 1)])
        boxes, scores, labels = program(image)
    whole = (expected["boxes"][:, 2:] > expected["boxes"][:, :2]).all(1)
    assert len(boxes)
    torch.testing.assert_close(boxes, expected["boxes"][whole], rtol=0, atol=0)
    torch.testing.assert_close(scores, expected["scores"][whole], rtol=0, atol=0)
    assert labels.tolist() == (expected["labels"][whole] - 1).tolist()
    assert set(labels.tolist()) <= {0, 1}


def test_boxes_in_the_padding_are_left_out(detector_facts, tiny_detector, monkeypatch):
    in_padding = {
        "boxes": torch.tensor([[2.0, 3.0, 10.0, 9.0], [5.0, 40.0, 20.0, 60.0]]),
        "scores": torch.tensor([0.9, 0.8]),
        "labels": torch.tensor([1, 2]),
    }
    monkeypatch.setattr(tiny_detector, "detect", lambda maps: [in_padding])
    boxes, scores, labels = DetectorProgram(tiny_detector, detector_facts)(torch.zeros(16, 64, 3, dtype=torch.uint8))
    assert boxes.tolist() == [[2.0, 3.0, 10.0, 9.0]]
    np.testing.assert_allclose(scores, [0.9])
    assert labels.tolist() == [0]


def test_answers_are_arrays_per_image(detector_facts, tiny_detector):
    program = DetectorProgram(tiny_detector, detector_facts)
    images = [np.zeros((20, 30, 3), np.uint8), np.full((64, 64, 3), 99, np.uint8)[:, ::-1]]
    answers = list(detector_prediction.answers(program, images, torch.device("cpu")))
    assert len(answers) == 2
    for boxes, scores, labels in answers:
        assert (boxes.dtype, scores.dtype, labels.dtype) == (np.float32, np.float32, np.int64)
        assert boxes.shape == (len(scores), 4) == (len(labels), 4)
