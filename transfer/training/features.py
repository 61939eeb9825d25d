"""Training on cached features: the frozen body sees every stored picture once, the head trains on what it answered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from receiver.progress import track
from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.models.folding import fold_batch_norm
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.training.classification import accuracy_and_loss, cross_entropy
from transfer.training.order import batch_starts, shuffled_batches

# Features float32 [n, num_features] and labels int64 [n], on the CPU.
Features = tuple[torch.Tensor, torch.Tensor]


@torch.no_grad()
def extract(body: nn.Module, split: Split, facts: Facts, machine: Machine, *, batch_size: int) -> Features:
    """Run every stored picture of a split through the body, whose BatchNorm is folded away in place where it can be."""
    fold_batch_norm(body, _images(split, np.arange(1), facts, machine))
    batches = track(split.batches(batch_size), "features")
    # One block of autocast around all batches: at its end torch forgets the weights it has cast.
    with machine.autocast():
        answers = [body(_images(split, rows, facts, machine)).float().cpu() for rows in batches]
    return torch.cat(answers), torch.tensor(split.rows["label"].to_numpy())


def _images(split: Split, rows: np.ndarray, facts: Facts, machine: Machine) -> torch.Tensor:
    pixels = torch.from_numpy(split.pixels(rows)).to(machine.device, non_blocking=True)
    return normalise(pixels, mean=facts.mean, std=facts.std)


@dataclass(frozen=True)
class FeatureTask:
    """Train a head on the features of stored pictures; measure on those of `val`.

    `rows` chooses the pictures of an epoch; None takes all views of all images. The head is trained on the CPU.
    """

    train: Features
    val: Features
    batch_size: int
    seed: int
    rows: Callable[[int], np.ndarray] | None = None
    smoothing: float = 0.0
    weights: torch.Tensor | None = None

    def batches(self, epoch: int) -> Iterator[Features]:
        """Yield the epoch's features, shuffled."""
        for rows in shuffled_batches(self._rows(epoch), batch_size=self.batch_size, seed=self.seed, epoch=epoch):
            chosen = torch.from_numpy(rows)
            yield self.train[0][chosen], self.train[1][chosen]

    def num_batches(self) -> int:
        """Count the batches of an epoch."""
        return len(batch_starts(len(self._rows(0)), self.batch_size))

    def loss(self, model: nn.Module, batch: Features) -> torch.Tensor:
        """Compute cross-entropy."""
        return cross_entropy(model(batch[0]), batch[1], smoothing=self.smoothing, weights=self.weights)

    @torch.inference_mode()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure loss and accuracy on the validation features."""
        return accuracy_and_loss(model(self.val[0]), self.val[1])

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Prefer accuracy; among equals, the lower loss."""
        return metrics["val_accuracy"], -metrics["val_loss"]

    def _rows(self, epoch: int) -> np.ndarray:
        return self.rows(epoch) if self.rows else np.arange(len(self.train[0]))
