import pytest
import torch
from torch import nn
from torchvision import models

from transfer.errors import WeightsError
from transfer.models import torchvision_detector
from transfer.models.detector import build_detector

MOBILENET = "fasterrcnn_mobilenet_v3_large_320_fpn"


def lived_in(name, *, eps):
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, weights_backbone=None, num_classes=4).eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
            layer.eps = eps
    return model


def converted(model, name, **changes):
    tensors = {**model.state_dict(), **changes}
    return torchvision_detector.convert(tensors, name, categories=("a", "b", "c"), origin="here")


@pytest.mark.parametrize(
    ("name", "eps"),
    [
        (MOBILENET, 1e-5),
        pytest.param("fasterrcnn_resnet50_fpn", 0.0, marks=pytest.mark.slow),
        pytest.param("fasterrcnn_resnet50_fpn_v2", 1e-5, marks=pytest.mark.slow),
    ],
)
@torch.no_grad()
def test_the_converted_detector_answers_as_torchvisions(name, eps):
    theirs = lived_in(name, eps=eps)
    facts, tensors = converted(theirs, name)
    ours = build_detector(facts.model_copy(update={"image_size": 64}), tensors)

    canvases = torch.randn(1, 3, 64, 64)
    maps = theirs.backbone(canvases)
    for level, values in ours.backbone(canvases).items():
        torch.testing.assert_close(values, maps[level], rtol=1e-3, atol=1e-3)
    scores, moves = theirs.rpn.head(list(maps.values()))
    our_scores, our_moves = ours.rpn.head(list(maps.values()))
    torch.testing.assert_close([*our_scores, *our_moves], [*scores, *moves], rtol=1e-3, atol=1e-3)
    regions = torch.randn(2, 256, 7, 7)
    torch.testing.assert_close(
        ours.roi_heads.box_predictor(ours.roi_heads.box_head(regions)),
        theirs.roi_heads.box_predictor(theirs.roi_heads.box_head(regions)),
        rtol=1e-3,
        atol=1e-3,
    )
    assert [a.tolist() for a in ours.rpn.anchor_generator.cell_anchors] == [
        a.tolist() for a in theirs.rpn.anchor_generator.cell_anchors
    ]


def test_names_of_old_files_are_understood():
    model = lived_in(MOBILENET, eps=1e-5)
    old = {
        name.replace("rpn.head.conv.0.0.", "rpn.head.conv.").replace("blocks.0.0.", "blocks.0."): tensor
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert set(old) != set(model.state_dict())
    _, tensors = torchvision_detector.convert(old, MOBILENET, categories=None, origin="here")
    _, expected = converted(model, MOBILENET)
    assert set(tensors) == set(expected)
    assert all(torch.equal(tensors[name], expected[name]) for name in tensors)


def test_a_file_that_names_no_categories_gets_numbered_ones():
    tensors = lived_in(MOBILENET, eps=1e-5).state_dict()
    facts, _ = torchvision_detector.convert(tensors, MOBILENET, categories=None, origin="here")
    assert facts.categories == ("class 1", "class 2", "class 3")


def test_an_unknown_model_is_refused():
    with pytest.raises(WeightsError, match="'retinanet_resnet50_fpn' is none that this line can carry: fasterrcnn_"):
        torchvision_detector.convert({}, "retinanet_resnet50_fpn", categories=None, origin="here")


def test_missing_and_unexpected_names_are_listed():
    tensors = lived_in(MOBILENET, eps=1e-5).state_dict()
    tensors["extra"] = tensors.pop("rpn.head.cls_logits.bias")
    with pytest.raises(WeightsError) as caught:
        torchvision_detector.convert(tensors, MOBILENET, categories=None, origin="file.pth")
    assert "file.pth: does not fit torchvision's fasterrcnn_mobilenet_v3_large_320_fpn" in str(caught.value)
    assert "rpn.head.cls_logits.bias" in str(caught.value)
    assert "unexpected 1: extra" in str(caught.value)
