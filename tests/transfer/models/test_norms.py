import pytest
import torch
from torch import nn

from transfer.models.norms import freeze_norms


@pytest.mark.parametrize(
    ("what", "statistics_move", "affine_moves"),
    [("none", True, True), ("statistics", False, True), ("affine", True, False), ("both", False, False)],
)
def test_what_is_frozen_does_not_move(what, statistics_move, affine_moves):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    freeze_norms(model, what)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1.0)
    (model(torch.rand(6, 3, 8, 8)) * torch.arange(4.0)[:, None, None]).square().sum().backward()
    optimizer.step()
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}

    assert ("1.running_mean" in moved, "1.running_var" in moved) == (statistics_move, statistics_move)
    assert ("1.bias" in moved) == affine_moves
    assert "0.weight" in moved
