import importlib

import pytest
import torch
from torch import nn

from transfer.errors import ParamsError, WeightsError
from transfer.models import freezing, stem, timm_models, zoo

# One of each kind: convolutions, a bottleneck before the head, blocks without maps, windows, parameters on the model.
NAMES = ["resnet18", "mobilenetv3_small_050", "convnext_atto", "vit_tiny_patch16_224", "vgg11", "regnety_002"]


def meta(name, num_classes=None):
    with torch.device("meta"):
        features = zoo.find(f"timm:{name}").num_features
        return zoo.build(f"timm:{name}", nn.Linear(features, num_classes) if num_classes else nn.Identity())


@pytest.mark.parametrize("name", NAMES)
def test_groups_cover_each_parameter_exactly_once_and_the_head_is_replaced(name):
    model = meta(name, num_classes=3)
    groups = freezing.parameters(freezing.layer_groups(model, f"timm:{name}"))
    assert all(groups)
    assert sorted(id(p) for group in groups for p in group) == sorted(id(p) for p in model.parameters())
    assert len(groups) > 4
    assert model.eval()(torch.zeros(2, 3, 224, 224, device="meta")).shape == (2, 3)


@pytest.mark.parametrize("name", NAMES)
def test_the_shallowest_group_holds_the_stem_and_reads_other_channels(name):
    model = meta(name)
    _, convolution = stem.first_convolution(model)
    groups = freezing.parameters(freezing.layer_groups(model, f"timm:{name}"))
    assert any(p is convolution.weight for p in groups[0])
    stem.replace(model, 5)
    assert model.eval()(torch.zeros(2, 5, 224, 224, device="meta")).shape == (2, zoo.find(f"timm:{name}").num_features)


def test_a_group_holds_whole_layers_so_that_they_can_be_put_into_training_mode():
    assert zoo.find("timm:resnet18").groups == (("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",))


def test_what_the_head_does_not_replace_joins_the_deepest_group():
    assert zoo.find("timm:convnext_atto").groups[-1] == ("stages.3", "head.norm")


def test_a_model_of_one_size_says_so():
    with pytest.raises(ParamsError, match="timm:vit_tiny_patch16_224 reads pictures of exactly 224 pixels, found 96"):
        zoo.require_size("timm:vit_tiny_patch16_224", 96)
    zoo.require_size("timm:vit_tiny_patch16_224", 224)


def test_an_unknown_name_gives_the_closest():
    with pytest.raises(WeightsError, match=r"timm has no model 'resnet81'; closest: timm:resnet\d+"):
        zoo.find("timm:resnet81")
    with pytest.raises(WeightsError, match=r"timm has no model 'qqqq'; it has \d,\d+"):
        zoo.find("timm:qqqq")


def test_a_model_with_two_heads_is_an_error():
    with pytest.raises(WeightsError, match=r"its head is \('head', 'head_dist'\), expected the name of one linear"):
        zoo.find("timm:deit_tiny_distilled_patch16_224")


def test_without_timm_a_sentence_says_how_to_install_it(monkeypatch):
    def missing(name):
        msg = f"No module named {name!r}"
        raise ModuleNotFoundError(msg)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(WeightsError, match=r"need timm \(No module named 'timm'\); install it: pip install 'transfer"):
        timm_models.architecture.__wrapped__("resnet18")
