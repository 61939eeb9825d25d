import pytest
import torch
from torch import nn

from transfer.errors import WeightsError
from transfer.models import matching, zoo

State = dict[str, torch.Tensor]


@pytest.fixture
def state() -> State:
    """Whole weights of a resnet18 for 10 classes."""
    return zoo.build("resnet18", nn.Linear(512, 10)).state_dict()


def test_drops_the_head_and_keeps_the_order_of_the_architecture(state: State) -> None:
    found = matching.backbone(dict(reversed(state.items())), "resnet18", origin="a.pth")
    assert [name for name in state if not name.startswith("fc.")] == list(found)
    assert all(torch.equal(tensor, state[name]) for name, tensor in found.items())


def test_brings_half_precision_to_the_dtype_of_the_architecture(state: State) -> None:
    half = {name: tensor.bfloat16() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    found = matching.backbone(half, "resnet18", origin="a.pth")
    assert {"conv1.weight": torch.float32, "bn1.num_batches_tracked": torch.int64}.items() <= {
        name: tensor.dtype for name, tensor in found.items()
    }.items()


def test_a_backbone_without_head_fits(state: State) -> None:
    body = {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}
    assert body.keys() == matching.backbone(body, "resnet18", origin="a.pth").keys()


def test_lists_missing_and_unexpected_names_and_other_shapes_together(state: State) -> None:
    state["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    state["neck.weight"] = state.pop("bn1.weight")
    with pytest.raises(WeightsError) as caught:
        matching.backbone(state, "resnet18", origin="a.pth")
    assert [
        "a.pth: does not fit architecture 'resnet18':",
        "  missing 1 of 120: bn1.weight",
        "  unexpected 1: neck.weight",
        "  other shapes 1: conv1.weight is [64, 1, 7, 7], expected [64, 3, 7, 7]",
    ] == str(caught.value).splitlines()


def test_of_many_names_shows_ten_and_counts_the_rest(state: State) -> None:
    with pytest.raises(WeightsError, match=r"missing 312 of 312: (\S+, ){9}\S+ and 302 more\n  unexpected 122: "):
        matching.backbone(state, "mobilenet_v2", origin="a.pth")


def test_refuses_values_that_are_no_numbers(state: State) -> None:
    state["layer4.0.conv1.weight"][0, 0, 0, 0] = torch.nan
    state["layer4.0.conv2.weight"][0, 0, 0, 0] = torch.inf
    with pytest.raises(
        WeightsError, match=r"NaN or infinite values in 2: layer4\.0\.conv1\.weight, layer4\.0\.conv2\.weight"
    ):
        matching.backbone(state, "resnet18", origin="a.pth")
