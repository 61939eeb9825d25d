from dataclasses import replace

import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import detector_start, detector_weights, pyramid, zoo


@pytest.fixture
def backbone():
    torch.manual_seed(1)
    model = zoo.build("mobilenet_v3_small", nn.Identity())
    facts = Facts(
        kind="backbone",
        architecture="mobilenet_v3_small",
        mean=(0.1, 0.2, 0.3),
        std=(0.25, 0.25, 0.25),
        lineage=({"stage": "x"},),
    )
    return facts, model.state_dict()


def test_on_a_classifier_the_body_is_kept_and_the_rest_is_new(backbone, settings):
    facts, tensors = backbone
    head = {"classifier.weight": torch.zeros(2, 576), "classifier.bias": torch.zeros(2)}
    source = facts.model_copy(update={"kind": "classifier", "categories": ("a", "b")})
    begun = detector_start.start(source, {**tensors, **head}, settings, categories=("x", "y", "z"), image_size=64)

    expected = pyramid.frozen_norm_body("mobilenet_v3_small", settings.layers, tensors)
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        for level, values in begun.model.backbone.body(image).items():
            torch.testing.assert_close(values, expected(image)[level])
    assert begun.new_pyramid
    assert begun.facts.kind == "detector"
    assert begun.facts.categories == ("x", "y", "z")
    assert (begun.facts.mean, begun.facts.lineage) == (facts.mean, facts.lineage)


def test_on_a_detector_all_but_the_box_predictor_is_kept(detector_facts, tiny_detector, settings):
    other = replace(settings, pyramid_channels=99, box_width=99, test_proposals=(30, 10))
    tensors = tiny_detector.state_dict()
    begun = detector_start.start(detector_facts, tensors, other, categories=("a", "b", "c"), image_size=96)

    assert not begun.new_pyramid
    assert begun.facts.image_size == 96
    assert begun.facts.build["pyramid_channels"] == 16
    assert begun.facts.build["test_proposals"] == (30, 10)
    now = begun.model.state_dict()
    replaced = "roi_heads.box_predictor."
    assert all(torch.equal(now[name], tensor) for name, tensor in tensors.items() if not name.startswith(replaced))
    assert now[f"{replaced}cls_score.weight"].shape == (4, 32)


def test_on_nothing_it_says_what_to_set(settings):
    facts, tensors = detector_weights.none()
    with pytest.raises(WeightsError, match=r"fetch_detector\.source is 'none'; set that to 'file'"):
        detector_start.start(facts, tensors, settings, categories=("a",), image_size=64)


def test_a_body_of_another_architecture_is_refused(backbone, settings):
    facts, tensors = backbone
    wrong = facts.model_copy(update={"architecture": "resnet18"})
    with pytest.raises(WeightsError, match=r"warmup_detector.body \(backbone\): does not fit architecture 'resnet18'"):
        detector_start.start(wrong, tensors, settings, categories=("a",), image_size=64)
