import pytest
import torch
from torch import nn

from transfer.training.optimizers import OptimizerSettings, build, scale_rates


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def groups_of(network):
    return [list(network[0].parameters()), [*network[1].parameters(), *network[2].parameters()]]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("adamw", lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.5)),
        ("adam", lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.5)),
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.5, momentum=0.9, nesterov=True)),
    ],
)
def test_with_one_rate_and_decay_for_all_it_is_torchs_optimizer(name, plain):
    ours, theirs = model(), model()
    settings = OptimizerSettings(name, weight_decay=0.5, decay_norms=True)
    optimizers = build(settings, groups_of(ours), [0.1, 0.1]), plain(theirs.parameters())
    for _ in range(3):
        for network, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            network(torch.arange(12.0).reshape(4, 3)).square().sum().backward()
            optimizer.step()

    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_norms_and_biases_do_not_decay():
    optimizer = build(OptimizerSettings(weight_decay=0.5), groups_of(model()), [0.1, 0.2])

    found = sorted(
        (p.ndim, group["lr"], group["weight_decay"]) for group in optimizer.param_groups for p in group["params"]
    )
    assert found == [(1, 0.1, 0), (1, 0.2, 0), (1, 0.2, 0), (1, 0.2, 0), (2, 0.1, 0.5), (2, 0.2, 0.5)]


def test_rate_0_and_frozen_parameters_stay_out():
    network = model()
    network[1].requires_grad_(False)
    optimizer = build(OptimizerSettings(), groups_of(network), [0.0, 0.2])

    assert sum(p.numel() for group in optimizer.param_groups for p in group["params"]) == 4 * 2 + 2


def test_rates_are_scaled_from_their_peaks():
    optimizer = build(OptimizerSettings(), groups_of(model()), [0.1, 0.2])
    for factor in (0.5, 0.25):
        scale_rates(optimizer, factor)
    assert {group["lr"] for group in optimizer.param_groups} == {0.025, 0.05}
