"""Train and judge one cell of the tournament: from the backbone, on as many pictures as its size says."""

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.data.views.subset import few
from transfer.evaluation import classification
from transfer.models import prediction
from transfer.models.counting import count
from transfer.runtime import Machine
from transfer.selection.cells import Cell, Cost, Result, Size
from transfer.training.finetuning import Data, Settings, Tuned, fine_tune
from transfer.training.resume import Resume
from transfer.training.strategies import Divided, Falling, Strategy
from transfer.training.warmup import WarmupSettings, warm_up

# Of validation accuracy: closer to the best than this counts as converged.
CONVERGED_WITHIN = 0.005


@dataclass(frozen=True)
class Splits:
    """The stored pictures of all three splits; `names` are the classes'."""

    train: Split
    val: Split
    test: Split
    names: tuple[str, ...]

    def limited(self, size: Size, *, seed: int) -> "Splits":
        """Keep `size` training images per class, and as small a part of the validation split, at least one per class.

        A team with 20 pictures per class to train on has no 500 to validate on. The test split stays whole.
        """
        if size == "all":
            return self
        shares = [_images(split) for split in (self.train, self.val)]
        least = min(np.unique(_labels(self.val), return_counts=True)[1])
        val_size = int(min(least, max(1, round(size * shares[1] / shares[0]))))
        return replace(
            self,
            train=few(self.train, images_per_class=size, seed=seed, names=self.names),
            val=few(self.val, images_per_class=val_size, seed=seed, names=self.names),
        )


def train_cell(
    cell: Cell,
    facts: Facts,
    body: Mapping[str, torch.Tensor],
    *,
    splits: Splits,
    strategy: Strategy,
    settings: Settings,
    warmup: WarmupSettings,
    machine: Machine,
    resume: Resume,
) -> tuple[Result, Cost]:
    """Train on the cell's pictures, measure on the whole test split.

    `facts` and `body` are those of the backbone, made fit for a classifier of these classes.
    """
    started = time.perf_counter()
    seen = splits.limited(cell.size, seed=cell.seed)
    tensors: Mapping[str, torch.Tensor] = body
    if strategy.start == "warmed":
        tensors = warm_up(
            facts,
            body,
            train=seen.train,
            val=seen.val,
            settings=warmup,
            machine=machine,
            seed=cell.seed,
            resume=resume.also("warmup"),
        )
    done = fine_tune(
        facts,
        tensors,
        strategy=strategy,
        settings=settings,
        data=Data(seen.train, seen.val),
        machine=machine,
        seed=cell.seed,
        resume=resume,
    )
    seconds = time.perf_counter() - started
    answers = prediction.probabilities(done.model, seen.test, done.facts, machine, batch_size=settings.batch_size)
    return _result(cell, done, seen, answers), Cost(seconds, _peak_memory_mib(machine))


def at_rate(strategy: Strategy, rate: float) -> Strategy:
    """Return the strategy with another rate of the head; the ratios between the groups' rates stay.

    A list of rates is scaled as a whole.
    """

    def scaled(rates: Falling | Divided | tuple[float, ...]) -> Falling | Divided | tuple[float, ...]:
        if isinstance(rates, tuple):
            return tuple(rate * one / rates[-1] for one in rates)
        return replace(rates, head=rate)

    return replace(strategy, phases=tuple(replace(plan, rates=scaled(plan.rates)) for plan in strategy.phases))


def _result(cell: Cell, done: Tuned, splits: Splits, answers: np.ndarray) -> Result:
    labels = _labels(splits.test)
    measured = classification.metrics(answers, labels, splits.names)
    accuracies = [row["val_accuracy"] for row in done.history]
    best = max(done.history, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    converged = next(i for i, accuracy in enumerate(accuracies) if accuracy >= max(accuracies) - CONVERGED_WITHIN)
    return Result(
        strategy=cell.strategy,
        backbone=cell.backbone,
        size=cell.size,
        seed=cell.seed,
        learning_rate=None,
        num_train_images=_images(splits.train),
        num_val_images=_images(splits.val),
        num_test_images=_images(splits.test),
        accuracy=measured["accuracy"],
        macro_f1=measured["macro_f1"],
        image_ids=tuple(splits.test.rows["image_id"].tolist()),
        correct=tuple((answers.argmax(1) == labels).astype(int).tolist()),
        trainable_parameters=done.trained_parameters,
        total_parameters=count(done.model)[1],
        epochs=len(done.history),
        epochs_to_converge=done.history[converged]["epoch"],
        best_epoch=best["epoch"],
        history=tuple(done.history),
    )


def _labels(split: Split) -> np.ndarray:
    labels: np.ndarray = split.rows["label"].to_numpy()
    return labels


def _images(split: Split) -> int:
    return int(split.rows["image_id"].nunique())


def _peak_memory_mib(machine: Machine) -> float:
    if machine.device.type == "cuda":
        return torch.cuda.max_memory_allocated(machine.device) / 2**20
    # Linux counts in KiB.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
