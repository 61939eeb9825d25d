"""The learning-rate range test: rates that rise step by step until the loss diverges, and what they suggest.

Source: Smith, Cyclical Learning Rates for Training Neural Networks (2017).
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from transfer.data.seeds import derive
from transfer.errors import TrainingError
from transfer.training.loop import Task
from transfer.training.stepping import DivergedError, Stepper, StepSettings
from transfer.training.undisturbed import undisturbed

# Times the lowest smoothed loss so far: a loss above it has diverged.
DIVERGED = 4.0
# A slope needs a point on either side.
LEAST_POINTS = 3

Stopped = Literal["highest rate", "diverged", "not finite"]


@dataclass(frozen=True)
class Ascent:
    """At most `steps` rates that rise geometrically from `lowest` to `highest`.

    `smoothing` is the weight of the past in the exponential mean of the loss, 0 for none.
    """

    lowest: float
    highest: float
    steps: int
    smoothing: float


@dataclass(frozen=True)
class RangeTest:
    """What the test saw, one value per step that it took, and the rates that two rules read from it.

    `steepest` is the rate at which the smoothed loss falls fastest over the logarithm of the rate, before its minimum;
    `minimum_tenth` is a tenth of the rate at the minimum. Rates are those of the group with the highest one.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    stopped: Stopped
    steepest: float
    minimum_tenth: float


@dataclass
class Climb:
    """The losses so far, as they were and smoothed."""

    losses: list[float]
    smoothed: list[float]
    mean: float = 0.0

    def add(self, loss: float, *, smoothing: float) -> None:
        """Append a loss. The exponential mean starts at 0, which its share of all weights corrects for."""
        self.losses.append(loss)
        self.mean = smoothing * self.mean + (1 - smoothing) * loss
        self.smoothed.append(self.mean / (1 - smoothing ** len(self.losses)))


def range_test(
    model: nn.Module,
    task: Task,
    *,
    optimizer: torch.optim.Optimizer,
    step: StepSettings,
    ascent: Ascent,
    seed: int,
) -> RangeTest:
    """Train a few steps at rising rates, then undo it all.

    The optimizer's groups keep the ratios of their rates; the tested rate is that of the highest. The test ends when
    the smoothed loss is above `DIVERGED` times its minimum, or when loss or gradient is not finite. What random numbers
    are drawn depends on `seed` alone.

    Raises:
        TrainingError: the rates do not rise, the loss does not fall at any of them, or a batch does not fit in memory.
    """
    rates = rising_rates(ascent.lowest, ascent.highest, steps=ascent.steps)
    with undisturbed(model, optimizer):
        _seed(derive(seed, "range test"))
        # An average of the weights would be of no use: what counts is the loss of the weights themselves.
        stepper = Stepper(model, task, optimizer, replace(step, ema=0.0))
        climb, stopped = _climb(stepper, _batches(task), rates, smoothing=ascent.smoothing)
    steepest, minimum = _read(rates, climb.smoothed, skipped=round(1 / (1 - ascent.smoothing)) - 1)
    return RangeTest(
        rates=tuple(rates[: len(climb.losses)]),
        losses=tuple(climb.losses),
        smoothed=tuple(climb.smoothed),
        stopped=stopped,
        steepest=steepest,
        minimum_tenth=minimum / 10,
    )


def rising_rates(lowest: float, highest: float, *, steps: int) -> list[float]:
    """Return `steps` rates, each the same factor above the one before.

    Raises:
        TrainingError: there are fewer than three, or they do not rise.
    """
    if not 0 < lowest < highest or steps < LEAST_POINTS:
        msg = (
            f"a range test rises from a lowest rate above 0 to a highest one in at least {LEAST_POINTS} steps; "
            f"found lowest {lowest:g}, highest {highest:g}, {steps} steps"
        )
        raise TrainingError(msg)
    return [float(rate) for rate in np.geomspace(lowest, highest, steps)]


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _climb(
    stepper: Stepper, batches: Iterator[Any], rates: Sequence[float], *, smoothing: float
) -> tuple[Climb, Stopped]:
    climb = Climb([], [])
    groups = stepper.optimizer.param_groups
    shares = [group["lr"] / max(other["lr"] for other in groups) for group in groups]
    for rate, batch in zip(rates, batches, strict=False):
        for group, share in zip(groups, shares, strict=True):
            group["lr"] = rate * share
        try:
            climb.add(stepper.step(batch), smoothing=smoothing)
        except DivergedError:
            return climb, "not finite"
        if climb.smoothed[-1] > DIVERGED * min(climb.smoothed):
            return climb, "diverged"
    return climb, "highest rate"


def _batches(task: Task) -> Iterator[Any]:
    for epoch in count():
        yield from task.batches(epoch)


def _read(rates: Sequence[float], smoothed: Sequence[float], *, skipped: int) -> tuple[float, float]:
    """Return the rates of the steepest fall and of the minimum.

    The first `skipped` means are of too few batches: what falls there is luck.
    """
    counted = np.array(smoothed[skipped:])
    lowest = int(counted.argmin()) if len(counted) else 0
    if lowest < LEAST_POINTS - 1:
        reached = rates[min(len(smoothed), len(rates) - 1)]
        msg = (
            f"the range test found no rate that lowers the loss: it took {len(smoothed)} steps, to a rate of "
            f"{reached:.1e}, of which the first {skipped} are for smoothing. Take a lower lowest rate, more steps or "
            f"less smoothing; a loss that is not finite at the lowest rate means broken data or weights"
        )
        raise TrainingError(msg)
    logarithms = np.log(rates[skipped : skipped + lowest + 1])
    slopes = np.gradient(counted[: lowest + 1], logarithms)
    return rates[skipped + int(slopes.argmin())], rates[skipped + lowest]
