import copy

import torch
from torch import nn

from transfer.training.recomputation import recompute


def network():
    torch.manual_seed(0)
    first = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3))
    second = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    return nn.Sequential(first, second, nn.Flatten(), nn.Linear(4 * 16, 2))


def trained(model):
    torch.manual_seed(1)
    model.train()
    model(torch.rand(5, 3, 8, 8)).square().mean().backward()
    return model


def test_gradients_statistics_and_names_are_those_of_the_plain_model():
    plain, forgetful = network(), network()
    recompute(forgetful[:2])
    for model in (plain, forgetful):
        trained(model)

    torch.testing.assert_close(forgetful.state_dict(), plain.state_dict(), rtol=0, atol=0)
    for a, b in zip(forgetful.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_less_is_kept_for_the_backward_pass():
    def kept(model):
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: sizes.append(t.numel()) or t, lambda t: t):
            trained(model)
        return sum(sizes)

    forgetful = network()
    recompute(forgetful[:2])

    assert kept(forgetful) < kept(network())


def test_a_copy_computes_with_its_own_weights():
    model = network()
    recompute(model[:2])
    other = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()

    assert model.eval()(torch.ones(1, 3, 8, 8)).abs().sum() > 0
    assert other.eval()(torch.ones(1, 3, 8, 8)).abs().sum() == 0
