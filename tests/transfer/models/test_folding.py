import copy

import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from transfer.errors import WeightsError
from transfer.models import zoo
from transfer.models.architectures import ARCHITECTURES
from transfer.models.folding import NORMS, FrozenNormConv2d, fold_batch_norm, freeze_batch_norm, settle


def with_lived_in_norms(model):
    generator = torch.Generator().manual_seed(0)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.copy_(0.2 * torch.randn(layer.num_features, generator=generator))
            layer.running_var.copy_(0.5 + torch.rand(layer.num_features, generator=generator))
            layer.weight.data.copy_(0.5 + torch.rand(layer.num_features, generator=generator))
            layer.bias.data.copy_(0.2 * torch.randn(layer.num_features, generator=generator))
    return model.eval()


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0"])
@torch.no_grad()
def test_the_frozen_and_the_settled_model_answer_as_before_without_norms(architecture):
    torch.manual_seed(0)
    model = with_lived_in_norms(zoo.build(architecture, nn.Identity()))
    images = torch.randn(2, 3, 64, 64)
    expected = model(images)
    names = {name for name, _ in model.named_parameters()}

    freeze_batch_norm(model)
    torch.testing.assert_close(model(images), expected, rtol=1e-3, atol=1e-4)
    assert not [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {name for name, _ in model.named_parameters()} <= names

    settle(model)
    torch.testing.assert_close(model(images), expected, rtol=1e-3, atol=1e-4)
    assert not [layer for layer in model.modules() if isinstance(layer, FrozenNormConv2d)]


@torch.no_grad()
def test_frozen_norms_are_folded_with_their_own_eps():
    norm = FrozenBatchNorm2d(4, eps=0.0)
    norm.running_var.fill_(4.0)
    model = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), norm).eval()
    images = torch.randn(1, 3, 5, 5)
    expected = model[0](images) / 2

    torch.testing.assert_close(freeze_batch_norm(model)(images), expected)


def test_gradients_are_those_of_a_frozen_norm():
    torch.manual_seed(0)
    usual = with_lived_in_norms(nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)))
    ours = freeze_batch_norm(copy.deepcopy(usual))
    images = torch.randn(2, 3, 8, 8)
    for model in (usual, ours):
        (model(images) ** 2).sum().backward()
    torch.testing.assert_close(ours[0].weight, usual[0].weight, rtol=0, atol=0)
    torch.testing.assert_close(ours[0].weight.grad, usual[0].weight.grad)
    assert {name for name, _ in ours.named_parameters()} == {"0.weight"}


def test_a_norm_without_its_convolution_is_an_error():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 8, 1), nn.Sequential(nn.BatchNorm2d(4)))
    with pytest.raises(WeightsError, match=r"2\.0: expected a convolution before this BatchNorm, found 1"):
        freeze_batch_norm(model)


@pytest.mark.parametrize(
    ("architecture", "left"),
    [("densenet121", 62), ("efficientnet_b0", 0), ("convnext_tiny", 0), ("small_cnn", 0), ("swin_t", 0)],
)
@torch.no_grad()
def test_what_can_be_folded_is_and_the_model_answers_as_before(architecture, left):
    torch.manual_seed(0)
    model = with_lived_in_norms(zoo.build(architecture, nn.Identity()))
    images = torch.randn(2, 3, 64, 64)
    expected = model(images)
    before = sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())

    folded = fold_batch_norm(model.train(), images[:1])
    torch.testing.assert_close(folded(images), expected, rtol=1e-3, atol=1e-4)
    norms = [layer for layer in folded.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert (len(norms), any(layer.training for layer in folded.modules())) == (left, False)
    assert before == left or left < before


@pytest.mark.parametrize("architecture", [name for name, found in ARCHITECTURES.items() if found.pyramid])
def test_the_norms_of_every_architecture_for_detectors_freeze(architecture):
    with torch.device("meta"):
        model = freeze_batch_norm(zoo.build(architecture, nn.Identity()))
    assert not [layer for layer in model.modules() if isinstance(layer, NORMS)]


def test_layers_derived_from_convolution_and_norm_are_left_alone():
    class Activated(nn.BatchNorm2d):
        def forward(self, images):
            return super().forward(images).relu()

    model = with_lived_in_norms(nn.Sequential(nn.Conv2d(3, 4, 1), Activated(4)))
    images = torch.randn(2, 3, 5, 5)
    expected = model(images)
    assert torch.equal(expected, fold_batch_norm(model, images[:1])(images))
