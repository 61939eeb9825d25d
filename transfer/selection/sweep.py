"""The learning-rate sweep: which rates forget what the backbone knew, and which hardly train."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from transfer.errors import DataError
from transfer.selection import cells
from transfer.selection.cells import Result

Judgement = Literal["forgetting", "under-training", "good"]

# Of the way down that the training loss came at the rate where it came furthest: less than the first is under-training
# if the validation images agree, less than the second also when they are too few to show it.
SHARE_OF_WAY, HALF_OF_WAY = 0.9, 0.5


@dataclass(frozen=True)
class Rate:
    """What one learning rate came to, on the validation images."""

    learning_rate: float
    best: float
    last: float
    lowest: float
    final_loss: float
    judgement: Judgement


@dataclass(frozen=True)
class Sweep:
    """All rates, from the lowest; `start` is the validation accuracy before the rates did anything."""

    strategy: str
    start: float
    margin: float
    rates: tuple[Rate, ...]

    @property
    def best(self) -> Rate:
        """The rate with the best validation accuracy."""
        return max(self.rates, key=lambda rate: rate.best)

    def rules(self) -> str:
        """Return in words when a rate is said to forget or to under-train."""
        points = f"{100 * self.margin:g} points"
        return (
            f"Forgetting: in some epoch the validation accuracy is more than {points} below the start "
            f"({self.start:.1%}). Under-training: the training loss came less than {SHARE_OF_WAY:.0%} of the way down "
            f"that it came at another rate, and the best validation accuracy is more than {points} below the best of "
            f"the sweep; or less than {HALF_OF_WAY:.0%} of that way."
        )


def read(folder: Path, rates: Sequence[float], *, margin: float) -> Sweep:
    """Read the results of exactly these rates, from the folders that are named like them, and judge them.

    Raises:
        DataError: a result is missing or damaged, or its strategy has no epochs to look at.
    """
    results = [cells.read(folder / str(rate))[0] for rate in sorted(rates)]
    for rate, result in zip(sorted(rates), results, strict=True):
        if not result.history or result.learning_rate != rate:
            found = "no epochs" if not result.history else f"learning rate {result.learning_rate}"
            msg = (
                f"{folder / str(rate)}: found {found}, expected a training at {rate}; selection.sweep.strategy must "
                "have phases"
            )
            raise DataError(msg)
    return judge(results, margin=margin)


def judge(results: Sequence[Result], *, margin: float) -> Sweep:
    """Judge the results of one strategy, given from the lowest rate; see `Sweep.rules`.

    The start is the first epoch at the lowest rate, unless there is an epoch 0: there the weights have hardly moved.
    """
    first = results[0].history[0]
    start, loss_at_start = float(first["val_accuracy"]), float(first["train_loss"])
    furthest = max(loss_at_start - _final_loss(result) for result in results)
    best = max(_best(result) for result in results)
    rates = []
    for result in results:
        accuracies = [float(epoch["val_accuracy"]) for epoch in result.history]
        judgement: Judgement
        if min(accuracies) < start - margin:
            judgement = "forgetting"
        else:
            way = loss_at_start - _final_loss(result)
            enough = HALF_OF_WAY if best - max(accuracies) <= margin else SHARE_OF_WAY
            judgement = "good" if way >= enough * furthest else "under-training"
        assert result.learning_rate is not None
        rates.append(
            Rate(result.learning_rate, max(accuracies), accuracies[-1], min(accuracies), _final_loss(result), judgement)
        )
    return Sweep(results[0].strategy, start, margin, tuple(rates))


def _best(result: Result) -> float:
    return max(float(epoch["val_accuracy"]) for epoch in result.history)


def _final_loss(result: Result) -> float:
    # What a rate that diverged leaves behind is not a number.
    loss = result.history[-1]["train_loss"]
    return float(loss) if loss is not None and math.isfinite(loss) else math.inf
