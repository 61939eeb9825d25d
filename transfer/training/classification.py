"""The classification task: batches of stored pictures, cross-entropy, accuracy on the validation split."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.training.order import batch_starts, one_view_each, shuffled_batches

Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class ClassificationTask:
    """Train on `train`, one view of each image per epoch; measure on `val`."""

    train: Split
    val: Split
    facts: Facts
    machine: Machine
    batch_size: int
    label_smoothing: float
    seed: int

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield (images float32 [n, 3, size, size], labels int64 [n]) on the machine's device."""
        chosen = one_view_each(self.train.rows, epoch)
        for rows in shuffled_batches(chosen, batch_size=self.batch_size, seed=self.seed, epoch=epoch):
            yield self._batch(self.train, rows)

    def num_batches(self) -> int:
        """Count the batches of an epoch."""
        return len(batch_starts(self.train.rows["image_id"].nunique(), self.batch_size))

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """Compute cross-entropy with label smoothing."""
        images, labels = batch
        with self.machine.autocast():
            logits = model(images)
        return nn.functional.cross_entropy(logits.float(), labels, label_smoothing=self.label_smoothing)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure loss and accuracy on the validation split."""
        logits, labels = zip(*self._val_logits(model), strict=True)
        return accuracy_and_loss(torch.cat(logits), torch.cat(labels))

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Prefer accuracy; among equals, the lower loss."""
        return metrics["val_accuracy"], -metrics["val_loss"]

    @torch.inference_mode()
    def _val_logits(self, model: nn.Module) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for rows in self.val.batches(self.batch_size):
            images, labels = self._batch(self.val, rows)
            with self.machine.autocast():
                yield model(images).float(), labels

    def _batch(self, split: Split, rows: np.ndarray) -> Batch:
        pixels = torch.from_numpy(split.pixels(rows)).to(self.machine.device, non_blocking=True)
        labels = torch.from_numpy(split.rows["label"].to_numpy()[rows]).to(self.machine.device)
        return normalise(pixels, mean=self.facts.mean, std=self.facts.std), labels


def accuracy_and_loss(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Measure `val_loss` (mean cross-entropy) and `val_accuracy` (share of right answers)."""
    return {
        "val_loss": nn.functional.cross_entropy(logits, labels).item(),
        "val_accuracy": (logits.argmax(1) == labels).double().mean().item(),
    }
