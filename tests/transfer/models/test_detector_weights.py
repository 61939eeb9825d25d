import hashlib
import urllib.request
from pathlib import Path

import pytest
import torch
from torchvision import models

from transfer import checkpoint
from transfer.errors import WeightsError
from transfer.models import detector_weights, hub

NAME = "FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1"
MODEL = "fasterrcnn_mobilenet_v3_large_320_fpn"


@pytest.fixture
def weight_file(tmp_path):
    torch.manual_seed(0)
    model = models.get_model(MODEL, weights=None, weights_backbone=None, num_classes=91)
    path = tmp_path / "detector.pth"
    torch.save(model.state_dict(), path)
    return path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_torchvisions_weights_bring_their_categories_without_the_background(weight_file, monkeypatch):
    monkeypatch.setattr(hub, "fetch", lambda weights: weight_file)
    facts, tensors = detector_weights.from_torchvision(NAME)
    assert (facts.kind, facts.architecture) == ("detector", "mobilenet_v3_large")
    assert len(facts.categories) == 90
    assert facts.categories[:2] == ("person", "bicycle")
    assert tensors["roi_heads.box_predictor.cls_score.bias"].shape == (91,)
    origin = {"stage": "fetch_detector", "source": f"torchvision:{NAME}", "sha256": digest(weight_file)}
    assert facts.lineage == (origin,)


def test_a_file_of_weights_is_read_as_the_named_model(weight_file):
    facts, _ = detector_weights.from_path(weight_file, model=MODEL)
    assert facts.architecture == "mobilenet_v3_large"
    assert facts.lineage[-1] == {"stage": "fetch_detector", "source": "file", "sha256": digest(weight_file)}


def test_a_checkpoint_of_this_project_is_taken_as_it_is(detector_facts, tiny_detector, tmp_path):
    checkpoint.save(tmp_path / "earlier", detector_facts, tiny_detector.state_dict())
    facts, tensors = detector_weights.from_path(tmp_path / "earlier", model=MODEL)
    assert facts.categories == ("dent", "scratch")
    assert set(tensors) == set(tiny_detector.state_dict())


def test_a_checkpoint_of_another_kind_is_refused(detector_facts, tmp_path):
    checkpoint.save(tmp_path / "model", detector_facts.model_copy(update={"kind": "classifier"}), {})
    with pytest.raises(WeightsError, match="holds a checkpoint of kind 'classifier'; expected a 'detector'"):
        detector_weights.from_path(tmp_path / "model", model=MODEL)


def test_classifier_weights_are_refused(monkeypatch, tmp_path):
    path = tmp_path / "classifier.pth"
    torch.save({"fc.weight": torch.zeros(1)}, path)
    monkeypatch.setattr(hub, "fetch", lambda weights: path)
    with pytest.raises(WeightsError, match="'resnet18' is none that this line can carry"):
        detector_weights.from_torchvision("ResNet18_Weights.IMAGENET1K_V1")


def test_offline_it_says_which_file_to_put_where(monkeypatch, tmp_path):
    def no_network(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", no_network)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    file = "fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth"
    with pytest.raises(WeightsError) as caught:
        detector_weights.from_torchvision(NAME)
    assert str(Path(tmp_path) / "checkpoints" / file) in str(caught.value)


def test_none_is_a_checkpoint_of_no_model():
    facts, tensors = detector_weights.none()
    assert (facts.kind, tensors) == ("none", {})
