import pytest
import torch

from transfer.checkpoint import Facts
from transfer.models import detector
from transfer.models.detector_settings import Settings

# For models this small a second thread is mostly waited for.
torch.set_num_threads(1)


@pytest.fixture
def settings():
    return Settings(
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


@pytest.fixture
def detector_facts(settings):
    return Facts(
        kind="detector",
        architecture="mobilenet_v3_small",
        categories=("dent", "scratch"),
        image_size=64,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        build=settings.facts(),
    )


@pytest.fixture
def tiny_detector(detector_facts):
    torch.manual_seed(0)
    return detector.build_detector(detector_facts)
