import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from transfer.errors import WeightsError
from transfer.models import zoo
from transfer.models.folding import fold_batch_norm


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
def test_the_folded_model_answers_as_before_and_has_no_norm_left(architecture):
    torch.manual_seed(0)
    model = with_lived_in_norms(zoo.build(architecture, nn.Identity()))
    images = torch.randn(2, 3, 64, 64)
    expected = model(images)

    fold_batch_norm(model)

    torch.testing.assert_close(model(images), expected, rtol=1e-3, atol=1e-4)
    assert not [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert not [name for name in model.state_dict() if "running" in name]


@torch.no_grad()
def test_frozen_norms_are_folded_with_their_own_eps():
    norm = FrozenBatchNorm2d(4, eps=0.0)
    norm.running_var.fill_(4.0)
    model = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), norm).eval()
    images = torch.randn(1, 3, 5, 5)
    expected = model[0](images) / 2

    torch.testing.assert_close(fold_batch_norm(model)(images), expected)


def test_a_norm_without_its_convolution_is_an_error():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 8, 1), nn.Sequential(nn.BatchNorm2d(4)))
    with pytest.raises(WeightsError, match=r"2\.0: expected a convolution before this BatchNorm, found 1"):
        fold_batch_norm(model)
