import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import classifier, stem, zoo
from transfer.models.inputs import normalise

FACTS = Facts(kind="backbone", architecture="resnet18", mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3))


@pytest.fixture
def tensors():
    torch.manual_seed(0)
    return zoo.build("resnet18", nn.Identity()).state_dict()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@torch.no_grad()
def test_a_picture_whose_channels_are_equal_is_answered_as_in_rgb(tensors, channels):
    gray = torch.randn(2, 1, 48, 48)
    expected = classifier.build_backbone(FACTS, tensors)(gray.repeat(1, 3, 1, 1))
    facts, widened = stem.widen(FACTS, tensors, channels)

    found = classifier.build_backbone(facts, widened)(gray.repeat(1, channels, 1, 1))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_inflated_weights_equal_a_loop_over_channels():
    weight = torch.randn(5, 3, 2, 2)
    mean = (weight[:, 0] + weight[:, 1] + weight[:, 2]) / 3
    four = torch.stack([weight[:, 0], weight[:, 1], weight[:, 2], mean], dim=1) * 3 / 4

    torch.testing.assert_close(stem.inflated(weight, 4), four)
    torch.testing.assert_close(stem.inflated(weight, 1), weight.sum(1, keepdim=True))
    torch.testing.assert_close(stem.inflated(weight, 2), torch.stack([mean, mean], dim=1) * 3 / 2)
    assert torch.equal(stem.inflated(weight, 3), weight)


@pytest.mark.parametrize("architecture", list(zoo.ARCHITECTURES))
def test_every_architecture_reads_four_channels(architecture):
    with torch.device("meta"):
        tensors = zoo.build(architecture, nn.Identity()).state_dict()
        model = stem.replace(zoo.build(architecture, nn.Identity()), 4)
    wider = stem.inflate(tensors, architecture, 4)

    assert stem_shapes(model.state_dict()) == stem_shapes(wider)
    assert sum(wider[name].shape != tensors[name].shape for name in tensors) == 1


def stem_shapes(tensors):
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def test_new_channels_have_the_mean_of_rgb_in_the_facts(tensors):
    five, _ = stem.widen(FACTS, tensors, 5)
    assert five.mean == pytest.approx((0.4, 0.5, 0.6, 0.5, 0.5))
    assert five.std == pytest.approx((0.1, 0.2, 0.3, 0.2, 0.2))
    assert five.channels == five.build["channels"] == 5
    one, _ = stem.widen(FACTS, tensors, 1)
    assert (one.mean, one.std) == (pytest.approx((0.5,)), pytest.approx((0.2,)))


def test_as_many_channels_as_before_change_nothing(tensors):
    facts, widened = stem.widen(FACTS, tensors, 4)
    again, same = stem.widen(facts, widened, 4)
    assert again == facts
    assert same["conv1.weight"] is widened["conv1.weight"]


def test_only_an_rgb_body_is_widened(tensors):
    facts, widened = stem.widen(FACTS, tensors, 4)
    with pytest.raises(WeightsError, match="the resnet18 reads 4 channels and the pictures have 5"):
        stem.widen(facts, widened, 5)
    with pytest.raises(WeightsError, match=r"expected conv1\.weight of an RGB body, .*found \[64, 4, 7, 7\]"):
        stem.inflate(widened, "resnet18", 5)


def test_pictures_without_channels_and_models_without_a_stem_are_errors(tensors):
    with pytest.raises(WeightsError, match="1 channel or more, found 0"):
        stem.inflate(tensors, "resnet18", 0)
    with pytest.raises(WeightsError, match="Sequential has no convolution"):
        stem.replace(nn.Sequential(nn.Linear(3, 3)), 4)
    with pytest.raises(WeightsError, match="the first convolution reads 8 channels, expected 3"):
        stem.replace(nn.Sequential(nn.Conv2d(8, 3, 1)), 4)


def test_any_number_of_channels_is_normalised():
    pixels = torch.randint(0, 256, (2, 5, 6, 4), dtype=torch.uint8)
    mean, std = (0.1, 0.2, 0.3, 0.4), (0.5, 0.6, 0.7, 0.8)
    found = normalise(pixels, mean=mean, std=std)
    assert found.shape == (2, 4, 5, 6)
    for channel in range(4):
        expected = (pixels[..., channel] / 255 - mean[channel]) / std[channel]
        torch.testing.assert_close(found[:, channel], expected)
