import copy
import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from transfer.errors import TrainingError
from transfer.training import lr_finder
from transfer.training.stepping import StepSettings


@dataclass
class Toy:
    """Learn a line, with dropout and BatchNorm; the loss may become what a test asks for."""

    becomes: float | None = None
    step: int = 0

    def batches(self, epoch):
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(3):
            x = torch.randn(16, 4, generator=generator)
            yield x, x.sum(1, keepdim=True)

    def num_batches(self):
        return 3

    def loss(self, model, batch):
        self.step += 1
        # What a task might draw from.
        random.random()
        np.random.random()
        loss = nn.functional.mse_loss(model(batch[0]), batch[1])
        return loss * self.becomes if self.becomes is not None and self.step > 20 else loss

    def validate(self, model):
        return {}

    def score(self, metrics):
        return ()


def build(**settings):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 1))
    model[3].eval()
    model[0].weight.requires_grad_(False)
    shallow, deep = [model[0].bias, *model[1].parameters()], list(model[4].parameters())
    return model, torch.optim.AdamW([{"params": shallow, "lr": 0.1}, {"params": deep, "lr": 0.4}], **settings)


def find(model, optimizer, task=None, **changes):
    ascent = lr_finder.Ascent(**({"lowest": 1e-5, "highest": 10.0, "steps": 40, "smoothing": 0.5} | changes))
    step = StepSettings(clip_norm=1e9, ema=0.9)
    return lr_finder.range_test(model, task or Toy(), optimizer=optimizer, step=step, ascent=ascent, seed=0)


def everything(model, optimizer):
    """All that the test could leave a trace in."""
    return copy.deepcopy(
        {
            "weights": model.state_dict(),
            "gradients": [p.grad for p in model.parameters()],
            "trained": [p.requires_grad for p in model.parameters()],
            "modes": [module.training for module in model.modules()],
            "optimizer": optimizer.state_dict(),
            "python": random.getstate(),
            "numpy": np.random.get_state()[1],
            "torch": torch.get_rng_state(),
        }
    )


def same(a, b):
    if isinstance(a, (torch.Tensor, np.ndarray)):
        return a.tobytes() == b.tobytes() if isinstance(a, np.ndarray) else torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def take_a_step(model, optimizer):
    """Give model and optimizer a past: gradients, moments, moved statistics."""
    nn.functional.mse_loss(model(torch.randn(8, 4)), torch.zeros(8, 1)).backward()
    optimizer.step()


@pytest.mark.parametrize("has_a_past", [True, False])
def test_nothing_is_changed_to_the_last_bit(has_a_past):
    model, optimizer = build()
    if has_a_past:
        take_a_step(model, optimizer)
    before = everything(model, optimizer)
    result = find(model, optimizer)

    assert len(set(result.losses)) > 10
    assert same(before, everything(model, optimizer))


def test_nothing_is_changed_when_it_raises():
    class Broken(Toy):
        def loss(self, model, batch):
            if self.step == 7:
                raise KeyboardInterrupt
            return super().loss(model, batch)

    model, optimizer = build()
    take_a_step(model, optimizer)
    before = everything(model, optimizer)
    with pytest.raises(KeyboardInterrupt):
        find(model, optimizer, Broken())

    assert same(before, everything(model, optimizer))


def test_training_after_it_is_as_without_it():
    ends = []
    for tested in (False, True):
        model, optimizer = build()
        if tested:
            find(model, optimizer)
        torch.manual_seed(1)
        for _ in range(3):
            take_a_step(model, optimizer)
        ends.append(copy.deepcopy(model.state_dict()))

    assert same(*ends)


def test_losses_are_those_of_plain_steps_at_the_rising_rates():
    model, optimizer = build()
    result = find(model, optimizer, smoothing=0.0)

    slow, other = build()
    losses = []
    for step, (x, y) in enumerate(b for epoch in range(99) for b in Toy().batches(epoch)):
        if step == len(result.losses):
            break
        rate = 1e-5 * 10 ** (6 * step / 39)
        other.param_groups[0]["lr"], other.param_groups[1]["lr"] = rate / 4, rate
        other.zero_grad()
        loss = nn.functional.mse_loss(slow(x), y)
        loss.backward()
        other.step()
        losses.append(loss.item())
        assert result.rates[step] == pytest.approx(rate)

    assert result.losses == pytest.approx(losses, rel=1e-4)
    assert result.smoothed == result.losses


def test_smoothing_is_the_weighted_mean_of_all_so_far():
    result = find(*build(), smoothing=0.8)
    for step in range(len(result.losses)):
        weights = [0.8 ** (step - index) for index in range(step + 1)]
        expected = np.average(result.losses[: step + 1], weights=weights)
        assert result.smoothed[step] == pytest.approx(expected)


def test_it_stops_where_the_loss_diverges():
    result = find(*build(), Toy(becomes=100.0), smoothing=0.0)

    assert result.stopped == "diverged"
    assert len(result.losses) == 21
    assert result.losses[-1] > lr_finder.DIVERGED * min(result.losses)
    assert all(loss <= lr_finder.DIVERGED * min(result.losses[: i + 1]) for i, loss in enumerate(result.losses[:-1]))


def test_it_stops_before_a_loss_that_is_not_finite():
    result = find(*build(), Toy(becomes=float("nan")))

    assert result.stopped == "not finite"
    assert len(result.losses) == len(result.rates) == len(result.smoothed) == 20


def test_it_ends_at_the_highest_rate_otherwise():
    result = find(*build(), highest=0.01)

    assert result.stopped == "highest rate"
    assert result.rates[-1] == pytest.approx(0.01)
    assert len(result.rates) == 40


def test_suggestions_equal_a_search_by_hand():
    result = find(*build(), smoothing=0.5)
    lowest = min(range(1, len(result.smoothed)), key=lambda i: result.smoothed[i])
    slopes = {
        i: (result.smoothed[i + 1] - result.smoothed[i - 1]) / (np.log(result.rates[i + 1] / result.rates[i - 1]))
        for i in range(2, lowest)
    }
    steepest = min(slopes, key=slopes.get)

    assert result.minimum_tenth == pytest.approx(result.rates[lowest] / 10)
    assert result.steepest == pytest.approx(result.rates[steepest])
    assert result.steepest < result.rates[lowest]


def test_random_numbers_depend_on_the_seed_alone():
    results = []
    for noise in (1, 2):
        model, optimizer = build()
        model[3].train()
        torch.manual_seed(noise)
        results.append(find(model, optimizer))

    assert results[0] == results[1]


@pytest.mark.parametrize("changes", [{"lowest": 0.0}, {"lowest": 1.0, "highest": 0.1}, {"steps": 2}])
def test_rates_that_do_not_rise_are_named(changes):
    with pytest.raises(TrainingError, match=r"at least 3 steps; found lowest .*, highest .*, \d+ steps"):
        find(*build(), **changes)


def test_a_loss_that_never_falls_is_an_answer_in_a_sentence():
    task = Toy()
    task.loss = lambda model, batch: model(batch[0]).sum() * float("nan")

    with pytest.raises(TrainingError, match=r"found no rate that lowers the loss: it took 0 steps"):
        find(*build(), task)
