import json

import numpy as np
import onnx
import pytest
import torch

from transfer.checkpoint import Facts
from transfer.export import detector as exporter
from transfer.export import detector_parity
from transfer.export.session import open_session
from transfer.models import detector
from transfer.models.detector_program import DetectorProgram
from transfer.models.detector_settings import Settings

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def program():
    torch.manual_seed(0)
    settings = Settings(
        layers=("features.3", "features.8", "features.12"),
        pyramid_channels=16,
        anchor_sizes=((12,), (24,), (48,), (64,)),
        aspect_ratios=(0.5, 1.0, 2.0),
        canonical_scale=56,
        rpn_convolutions=1,
        box_convolutions=0,
        box_width=32,
        train_proposals=(60, 30),
        test_proposals=(40, 20),
        anchors_per_image=16,
        regions_per_image=16,
        score_threshold=0.05,
        nms_threshold=0.5,
        detections_per_image=10,
    )
    facts = Facts(
        kind="detector",
        architecture="mobilenet_v3_small",
        categories=("dent", "scratch"),
        image_size=64,
        mean=(0.5, 0.4, 0.3),
        std=(0.25, 0.25, 0.25),
        build=settings.facts(),
        lineage=({"stage": "warmup_detector"},),
    )
    model = detector.build_detector(facts)
    # Untrained scores are nearly equal; spread out, their order does not depend on rounding.
    model.roi_heads.box_predictor.cls_score.weight.data.mul_(50)
    model.rpn.head.cls_logits.weight.data.mul_(50)
    return DetectorProgram(model, facts)


@pytest.fixture(scope="module")
def exported(program, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "detector.onnx"
    exporter.export(program, path)
    return path


def images(*sizes):
    generator = np.random.default_rng(0)
    return [generator.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


def test_one_file_answers_as_torch_for_images_of_any_size(program, exported):
    sizes = ((64, 64), (200, 120), (31, 333), (17, 9))
    sides = detector_parity.run_both(program, exported, images(*sizes), threads=1)
    result = detector_parity.compare(sides, least_overlap=0.99)
    assert result["num_images"] == 4
    assert result["num_matched"] >= 8
    assert result["num_unmatched"] == 0
    assert result["max_score_difference"] < 1e-4
    assert result["max_box_difference"] < 0.01
    assert [path.name for path in exported.parent.iterdir()] == ["detector.onnx"]


def test_a_black_image_is_answered_too(exported):
    boxes, scores, labels = open_session(exported, threads=1).run(None, {"image": np.zeros((50, 40, 3), np.uint8)})
    assert (boxes.dtype, scores.dtype, labels.dtype) == (np.float32, np.float32, np.int64)
    assert boxes.shape == (len(scores), 4) == (len(labels), 4)


def test_the_file_says_what_its_receiver_must_know(exported):
    model = onnx.load_model(exported)
    facts = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert facts["categories"] == ["dent", "scratch"]
    assert (facts["image_size"], facts["mean"]) == (64, [0.5, 0.4, 0.3])
    assert facts["resize"].startswith("longer side to image_size, padded with black")
    assert facts["output"].startswith("boxes [n, 4]: x_min, y_min, x_max, y_max in pixels of the input")
    assert facts["lineage"] == [{"stage": "warmup_detector"}]
    (image,) = model.graph.input
    assert [side.dim_param or side.dim_value for side in image.type.tensor_type.shape.dim] == ["height", "width", 3]
    assert [output.name for output in model.graph.output] == ["boxes", "scores", "labels"]
    # onnxruntime 1.31 reads up to IR 13.
    assert model.ir_version <= 13


def test_exporting_again_gives_the_same_bytes(program, exported, tmp_path):
    exporter.export(program, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == exported.read_bytes()
