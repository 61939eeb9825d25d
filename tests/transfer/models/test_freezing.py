import pytest
import torch
from torch import nn

from transfer.models import freezing, zoo


@pytest.fixture
def model():
    torch.manual_seed(0)
    return zoo.build("resnet18", nn.Linear(512, 3))


def test_frozen_groups_have_no_gradients_and_keep_their_statistics(model):
    groups = freezing.layer_groups(model, "resnet18")
    freezing.train_only(model, groups, [False] * 5 + [True])
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model(torch.randn(4, 3, 32, 32)).sum().backward()

    assert {name for name, p in model.named_parameters() if p.grad is not None} == {"fc.weight", "fc.bias"}
    assert all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers())


def test_trained_groups_move_their_statistics_unless_norms_are_frozen(model):
    groups = freezing.layer_groups(model, "resnet18")
    for frozen_norm in ("statistics", "none"):
        freezing.train_only(model, groups, [False] * 4 + [True, True], frozen_norm=frozen_norm)
        before = {name: buffer.clone() for name, buffer in model.named_buffers() if "running_mean" in name}
        model(torch.randn(4, 3, 64, 64))
        moved = {
            name.split(".")[0]
            for name, buffer in model.named_buffers()
            if name in before and not torch.equal(before[name], buffer)
        }
        assert moved == (set() if frozen_norm == "statistics" else {"layer4"})


def test_the_groups_hold_each_parameter_once(model):
    grouped = [p for group in freezing.parameters(freezing.layer_groups(model, "resnet18")) for p in group]

    assert len(grouped) == len({id(p) for p in grouped}) == len(list(model.parameters()))


def test_parameters_that_hang_on_the_model_are_members_of_the_shallowest_group():
    with torch.device("meta"):
        vit = zoo.build("vit_b_16", nn.Linear(768, 3))
    groups = freezing.layer_groups(vit, "vit_b_16")
    assert groups[0] == [vit.class_token, vit.conv_proj, vit.encoder.pos_embedding]

    freezing.train_only(vit, groups, [False] * 12 + [True, True])
    trained = {name.rpartition("_layer_")[2].partition(".")[0] for name, p in vit.named_parameters() if p.requires_grad}
    assert trained == {"11", "encoder", "heads"}
    assert not vit.class_token.requires_grad
    assert vit.encoder.layers.encoder_layer_11.training
    assert not vit.encoder.layers.encoder_layer_10.training


def test_groups_are_named_by_their_first_and_last_layer():
    assert freezing.group_names("resnet18") == ("conv1 to bn1", "layer1", "layer2", "layer3", "layer4", "fc")
