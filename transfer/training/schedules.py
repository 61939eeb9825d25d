"""Learning-rate schedules as plain functions of what has been done, so that a resumed run needs no scheduler state."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

# Of torch's OneCycleLR: the first and the last rate as parts of the peak.
ONE_CYCLE_START, ONE_CYCLE_END = 1 / 25, 1 / 25e4
# What torch's ReduceLROnPlateau calls an improvement, as a share of the best loss.
PLATEAU_THRESHOLD = 1e-4


@dataclass(frozen=True)
class Schedule:
    """The factor of the peak rate over a phase.

    `warmup` is the share of the phase's steps in which the rate rises linearly, whatever `name` says comes after it;
    `per` says whether the rate changes with every step or stays the same for a whole epoch. `milestones` are the shares
    after which `step` multiplies the rate by `factor`; `plateau` does so when the validation loss has not fallen for
    more than `patience` epochs.
    """

    name: str = "cosine"
    warmup: float = 0.1
    per: Literal["step", "epoch"] = "step"
    milestones: tuple[float, ...] = (0.5, 0.75)
    factor: float = 0.1
    patience: int = 2

    def at(self, step: int, total: int, *, steps_per_epoch: int, losses: Sequence[float] = ()) -> float:
        """Return the factor of step 0..total-1; `losses` are those of the phase's epochs on the validation split."""
        if self.per == "epoch":
            step = step // steps_per_epoch * steps_per_epoch
        # Neither the first step nor the last one has rate 0.
        progress = (step + 1) / (total + 1)
        if self.name != "one_cycle" and progress < self.warmup:
            return progress / self.warmup
        return SCHEDULES[self.name](self, progress, losses)


def _cosine(schedule: Schedule, progress: float, losses: Sequence[float]) -> float:
    """Half a cosine to 0. Source: Loshchilov and Hutter, SGDR (2017), without restarts."""
    return 0.5 * (1 + math.cos(math.pi * (progress - schedule.warmup) / (1 - schedule.warmup)))


def _one_cycle(schedule: Schedule, progress: float, losses: Sequence[float]) -> float:
    """Rise by half a cosine over the share `warmup`, fall by half a cosine. Source: Smith and Topin (2018).

    The momentum stays where it is.
    """
    if progress < schedule.warmup:
        return _between(ONE_CYCLE_START, 1.0, progress / schedule.warmup)
    return _between(1.0, ONE_CYCLE_END, (progress - schedule.warmup) / (1 - schedule.warmup))


def _step(schedule: Schedule, progress: float, losses: Sequence[float]) -> float:
    return schedule.factor ** sum(progress > milestone for milestone in schedule.milestones)


def _plateau(schedule: Schedule, progress: float, losses: Sequence[float]) -> float:
    best, waited, reductions = math.inf, 0, 0
    for loss in losses:
        if loss < best * (1 - PLATEAU_THRESHOLD):
            best, waited = loss, 0
            continue
        waited += 1
        if waited > schedule.patience:
            waited, reductions = 0, reductions + 1
    return schedule.factor**reductions


def _constant(schedule: Schedule, progress: float, losses: Sequence[float]) -> float:
    return 1.0


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


SCHEDULES: dict[str, Callable[[Schedule, float, Sequence[float]], float]] = {
    "cosine": _cosine,
    "one_cycle": _one_cycle,
    "step": _step,
    "plateau": _plateau,
    "constant": _constant,
}
