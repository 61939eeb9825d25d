import pytest
import torch
from torch import nn

from transfer.errors import WeightsError
from transfer.models import zoo

NAMES = list(zoo.ARCHITECTURES)


@pytest.mark.parametrize("name", NAMES)
def test_groups_and_head_cover_each_parameter_exactly_once(name: str) -> None:
    architecture = zoo.find(name)
    model = zoo.build(name, nn.Linear(architecture.num_features, 3))
    parts = [layer for group in architecture.groups for layer in group] + [architecture.head]
    found = [id(parameter) for part in parts for parameter in model.get_submodule(part).parameters()]
    assert sorted(found) == sorted(id(parameter) for parameter in model.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_groups_are_in_the_order_of_the_forward_pass(name: str) -> None:
    architecture = zoo.find(name)
    model = zoo.build(name, nn.Identity()).eval()
    parts = [layer for group in architecture.groups for layer in group]
    called: list[str] = []
    for part in parts:
        model.get_submodule(part).register_forward_hook(lambda *_, part=part: called.append(part))
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 64))
    assert parts == called


@pytest.mark.parametrize("name", NAMES)
def test_the_pyramid_has_strides_4_8_16_and_32(name: str) -> None:
    architecture = zoo.find(name)
    model = zoo.build(name, nn.Identity()).eval()
    sizes = {}
    for layer in architecture.pyramid:
        model.get_submodule(layer).register_forward_hook(
            lambda _, __, output, layer=layer: sizes.update({layer: tuple(output.shape[2:])})
        )
    with torch.no_grad():
        model(torch.zeros(1, 3, 128, 64))
    assert [(32, 16), (16, 8), (8, 4), (4, 2)] == [sizes[layer] for layer in architecture.pyramid]


@pytest.mark.parametrize("name", NAMES)
def test_num_features_is_what_enters_the_head(name: str) -> None:
    model = zoo.build(name, nn.Identity()).eval()
    with torch.no_grad():
        features = model(torch.zeros(2, 3, 64, 64))
    assert (2, zoo.find(name).num_features) == tuple(features.shape)


def test_a_group_ends_where_the_resolution_halves() -> None:
    architecture = zoo.find("resnet18")
    assert [("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",)] == list(architecture.groups)


def test_unknown_name_gives_the_closest_and_the_known() -> None:
    with pytest.raises(WeightsError, match=r"unknown architecture 'resnet81'; did you mean 'resnet18'\?.*mobilenet_v2"):
        zoo.find("resnet81")


def test_unknown_name_without_anything_close_lists_the_known() -> None:
    with pytest.raises(WeightsError, match=r"unknown architecture 'vgg'.*Known are: resnet18, resnet34"):
        zoo.find("vgg")
