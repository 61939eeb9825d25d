import pytest
import torch
from torch import nn

from transfer.errors import ParamsError, WeightsError
from transfer.models import freezing, zoo
from transfer.models.architectures import ARCHITECTURES
from transfer.models.counting import count

NAMES = list(ARCHITECTURES)
WITH_PYRAMID = [name for name in NAMES if ARCHITECTURES[name].pyramid]
# Sizes without values: the largest network is built and run in a moment.
META = torch.device("meta")


def meta(name, head=None, **settings):
    with META:
        return zoo.build(name, nn.Identity() if head is None else head, **settings).eval()


def answer(model, side, batch=1):
    return model(torch.zeros(batch, 3, side, side, device="meta"))


def suits(name):
    return ARCHITECTURES[name].sizes.native or 64


@pytest.mark.parametrize("name", NAMES)
def test_groups_and_head_cover_each_parameter_exactly_once(name):
    model = meta(name, nn.Linear(ARCHITECTURES[name].num_features, 3))
    groups = freezing.parameters(freezing.layer_groups(model, name))
    assert all(groups)
    grouped = [id(parameter) for group in groups for parameter in group]
    assert sorted(grouped) == sorted(id(parameter) for parameter in model.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_groups_are_in_the_order_of_the_forward_pass(name):
    model = meta(name)
    parts = [layer for group in ARCHITECTURES[name].groups for layer in group]
    layers = [part for part in parts if not isinstance(freezing._member(model, part), nn.Parameter)]
    called: list[str] = []
    for part in layers:
        model.get_submodule(part).register_forward_hook(lambda *_, part=part: called.append(part))
    answer(model, suits(name))
    assert layers == called


@pytest.mark.parametrize("name", WITH_PYRAMID)
def test_the_pyramid_has_strides_4_8_16_and_32(name):
    model = meta(name)
    sizes = {}
    for layer in zoo.pyramid(name):
        model.get_submodule(layer).register_forward_hook(
            lambda _, __, output, layer=layer: sizes.update({layer: tuple(output.shape[2:])})
        )
    model(torch.zeros(1, 3, 128, 64, device="meta"))
    assert [(32, 16), (16, 8), (8, 4), (4, 2)] == [sizes[layer] for layer in zoo.pyramid(name)]


@pytest.mark.parametrize("name", NAMES)
def test_num_features_is_what_enters_the_head(name):
    assert (2, ARCHITECTURES[name].num_features) == tuple(answer(meta(name), suits(name), batch=2).shape)


@pytest.mark.parametrize("name", NAMES)
def test_the_least_size_is_read_with_the_deepest_map_a_whole_cell(name):
    least = ARCHITECTURES[name].sizes.least
    assert answer(meta(name, image_size=least), least).shape[0] == 1
    zoo.require_size(name, least)
    with pytest.raises(ParamsError, match=rf"{name} reads pictures of {least} pixels or more, found {least - 1};"):
        zoo.require_size(name, least - 1)


@pytest.mark.parametrize("name", ["vgg16", "convnext_tiny", "small_cnn"])
def test_below_the_least_size_a_map_without_padding_is_empty(name):
    with pytest.raises(RuntimeError, match=r"too small|can't be greater"):
        answer(meta(name), ARCHITECTURES[name].sizes.least - 1)


@pytest.mark.parametrize("side", [32, 48, 64, 100, 128])
def test_the_small_cnn_reads_pictures_from_32_to_128_pixels(side):
    zoo.require_size("small_cnn", side)
    assert answer(meta("small_cnn"), side, batch=2).shape == (2, 256)


def test_the_small_cnn_has_about_0_4_million_parameters():
    assert count(meta("small_cnn", nn.Linear(256, 7)))[1] == pytest.approx(0.4e6, rel=0.05)


def test_a_vit_is_built_for_the_size_of_the_pictures():
    assert answer(meta("vit_b_16", image_size=96), 96).shape == (1, 768)
    with pytest.raises(ParamsError, match=r"multiple of 16 pixels, such as 80 or 96, found 90; change augment_data"):
        zoo.build("vit_b_16", nn.Identity(), image_size=90)


def test_a_group_ends_where_the_resolution_halves():
    assert [("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",)] == list(zoo.find("resnet18").groups)


def test_a_detector_on_an_architecture_without_a_pyramid_is_an_error():
    with pytest.raises(
        WeightsError, match=r"a detector cannot stand on 'swin_t'.*one of: resnet18, resnet34"
    ) as raised:
        zoo.pyramid("swin_t")
    assert [name in str(raised.value).partition("one of: ")[2].split(", ") for name in NAMES] == [
        name in WITH_PYRAMID for name in NAMES
    ]


def test_unknown_name_gives_the_closest_and_the_known():
    with pytest.raises(WeightsError, match=r"unknown architecture 'resnet81'; did you mean 'resnet18'\?.*mobilenet_v2"):
        zoo.find("resnet81")


def test_unknown_name_without_anything_close_lists_the_known():
    with pytest.raises(WeightsError, match=r"unknown architecture 'alex'\. Known are: small_cnn, .*timm:<model>"):
        zoo.find("alex")


def test_trainable_and_total_parameters_are_counted():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    assert count(model) == (10, 26)
