import warnings

import pytest
import torch

from transfer.training.schedules import Schedule

lr_scheduler = torch.optim.lr_scheduler
STEPS = 99


def factors(schedule, *, losses=(), steps_per_epoch=1):
    return [schedule.at(step, STEPS, steps_per_epoch=steps_per_epoch, losses=losses) for step in range(STEPS)]


def torchs(scheduler_of, count):
    """The factors that one of torch's schedulers gives at its first `count` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = scheduler_of(optimizer)
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            # torch 2.11 calls its own scheduler in a way that it warns about.
            warnings.simplefilter("ignore", UserWarning)
            scheduler.step()
    return found


@pytest.mark.parametrize("name", ["cosine", "step", "plateau", "constant"])
def test_warmup_of_any_is_linear(name):
    found = factors(Schedule(name, warmup=0.2))

    assert found[:20] == pytest.approx([(step + 1) / 20 for step in range(20)])


def test_the_cosine_equals_torchs():
    expected = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=80), 80)

    assert factors(Schedule("cosine", warmup=0.2))[19:] == pytest.approx(expected, abs=1e-9)


def test_one_cycle_equals_torchs():
    expected = torchs(
        lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=101, pct_start=0.31, cycle_momentum=False), 101
    )

    # Torch counts its phases from step 0 to pct_start * total - 1, here 30 of 100.
    assert factors(Schedule("one_cycle", warmup=0.3031)) == pytest.approx(expected[1:100], abs=2e-2)
    assert max(factors(Schedule("one_cycle", warmup=0.3))) == pytest.approx(1.0)


def test_step_equals_torchs():
    expected = torchs(lambda o: lr_scheduler.MultiStepLR(o, milestones=[50, 75], gamma=0.1), STEPS)

    assert factors(Schedule("step", warmup=1e-9, milestones=(0.505, 0.755))) == pytest.approx(expected)


def test_plateau_equals_torchs():
    losses = [5, 4, 4, 4, 4, 3, 3, 3.0001, 3, 3, 3, 3, 2, 2, 2, 2]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=2, factor=0.1)
    schedule = Schedule("plateau", warmup=1e-9, patience=2)
    for epoch, loss in enumerate(losses):
        scheduler.step(loss)
        found = schedule.at(epoch, len(losses), steps_per_epoch=1, losses=losses[: epoch + 1])
        assert found == pytest.approx(optimizer.param_groups[0]["lr"]), epoch


def test_per_epoch_the_rate_stays_for_an_epoch():
    each = factors(Schedule("cosine", warmup=0.1))
    found = factors(Schedule("cosine", warmup=0.1, per="epoch"), steps_per_epoch=9)

    assert found == [each[step // 9 * 9] for step in range(STEPS)]
