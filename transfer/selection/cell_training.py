"""Train and judge one cell of the tournament: from the backbone, on as many pictures as its size says."""

import resource
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from transfer.checkpoint import Facts
from transfer.data.views import shards
from transfer.data.views.shards import ShardFacts, Split
from transfer.data.views.subset import few
from transfer.errors import TrainingError
from transfer.evaluation import classification
from transfer.models import prediction
from transfer.models.counting import count
from transfer.models.heads import HeadShape
from transfer.runtime import Machine
from transfer.selection.cells import Cell, Cost, Result, Size
from transfer.training.finetuning import Data, Settings, Tuned, fine_tune
from transfer.training.resume import Resume, cached
from transfer.training.strategies import Divided, Falling, Strategy
from transfer.training.warmup import WarmupSettings, begin, warm_up

# Of validation accuracy: closer to the best than this counts as converged.
CONVERGED_WITHIN = 0.005


@dataclass(frozen=True)
class Stored:
    """The stored pictures of all three splits, and what is known of them."""

    facts: ShardFacts
    train: Split
    val: Split
    test: Split

    def limited(self, size: Size, *, seed: int) -> "Stored":
        """Keep `size` training images per class, and as small a part of the validation split, at least one per class.

        A team with 20 pictures per class to train on has no 500 to validate on. The test split stays whole.
        """
        if size == "all":
            return self
        share = _images(self.val) / _images(self.train)
        least = int(np.unique(_labels(self.val), return_counts=True)[1].min())
        val_size = min(least, max(1, round(size * share)))
        return replace(
            self,
            train=few(self.train, images_per_class=size, seed=seed, names=self.facts.names),
            val=few(self.val, images_per_class=val_size, seed=seed, names=self.facts.names),
        )


@dataclass(frozen=True)
class How:
    """How a cell trains, beside its strategy: the warm-up's settings, the shape of its head, and the rest."""

    strategy: Strategy
    settings: Settings
    warmup: WarmupSettings
    head: HeadShape


def read(folder: Path) -> Stored:
    """Read the shards that the stage augment_data wrote.

    Raises:
        DataError: there are none.
    """
    return Stored(shards.read_facts(folder), *(shards.read_split(folder, name) for name in ("train", "val", "test")))


def train_cell(
    cell: Cell,
    backbone: tuple[Facts, dict[str, torch.Tensor]],
    *,
    data: Stored,
    how: How,
    machine: Machine,
    resume: Resume,
) -> tuple[Result, Cost]:
    """Train the backbone on the cell's pictures, measure on the whole test split."""
    started = time.perf_counter()
    seen = data.limited(cell.size, seed=cell.seed)
    done = _trained(cell, backbone, seen, how, machine=machine, resume=resume)
    seconds = time.perf_counter() - started
    answers = prediction.probabilities(done.model, seen.test, done.facts, machine, batch_size=how.settings.batch_size)
    return _result(cell, done, seen, answers), Cost(seconds, _peak_memory_mib(machine))


def _trained(
    cell: Cell,
    backbone: tuple[Facts, dict[str, torch.Tensor]],
    seen: Stored,
    how: How,
    *,
    machine: Machine,
    resume: Resume,
) -> Tuned:
    facts, tensors = begin(*backbone, seen.facts, head=how.head, entry={"cell": cell.name})
    warmed = resume.also("warmed")
    if how.strategy.start == "warmed":
        warm = partial(
            warm_up,
            facts,
            tensors,
            train=seen.train,
            val=seen.val,
            settings=how.warmup,
            machine=machine,
            seed=cell.seed,
            resume=resume.also("warmup"),
        )
        tensors = cached(warmed, warm)
    done = fine_tune(
        facts,
        tensors,
        strategy=how.strategy,
        settings=how.settings,
        data=Data(seen.train, seen.val),
        machine=machine,
        seed=cell.seed,
        resume=resume,
    )
    resume.clear()
    warmed.clear()
    return done


def at_rate(strategy: Strategy, rate: float) -> Strategy:
    """Return the strategy with another rate of the head; the ratios between the groups' rates stay.

    A list of rates is scaled as a whole.
    """

    def scaled(rates: Falling | Divided | tuple[float, ...]) -> Falling | Divided | tuple[float, ...]:
        if isinstance(rates, tuple):
            return tuple(rate * one / rates[-1] for one in rates)
        return replace(rates, head=rate)

    if strategy.probe:
        msg = f"strategies.{strategy.name} fits a probe, without a learning rate; selection.sweep needs one with phases"
        raise TrainingError(msg)
    return replace(strategy, phases=tuple(replace(plan, rates=scaled(plan.rates)) for plan in strategy.phases))


def _result(cell: Cell, done: Tuned, data: Stored, answers: np.ndarray) -> Result:
    labels = _labels(data.test)
    measured = classification.metrics(answers, labels, data.facts.names)
    accuracies = [row["val_accuracy"] for row in done.history]
    best = max(done.history, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    converged = next(i for i, accuracy in enumerate(accuracies) if accuracy >= max(accuracies) - CONVERGED_WITHIN)
    return Result(
        strategy=cell.strategy,
        backbone=cell.backbone,
        size=cell.size,
        seed=cell.seed,
        learning_rate=None,
        num_train_images=_images(data.train),
        num_val_images=_images(data.val),
        num_test_images=_images(data.test),
        accuracy=measured["accuracy"],
        macro_f1=measured["macro_f1"],
        image_ids=tuple(data.test.rows["image_id"].tolist()),
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
