import pytest
import torch

from transfer.training.schedules import warmup_cosine


def test_warmup_is_linear_and_ends_at_the_peak():
    assert [warmup_cosine(p, warmup=0.2) for p in (0.0, 0.05, 0.1, 0.2)] == pytest.approx([0, 0.25, 0.5, 1])


def test_the_cosine_equals_torchs_scheduler():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=80)
    for step in range(20, 100):
        assert warmup_cosine(step / 100, warmup=0.2) == pytest.approx(scheduler.get_last_lr()[0], abs=1e-9)
        optimizer.step()
        scheduler.step()
