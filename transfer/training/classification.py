"""The classification task: batches of stored pictures, cross-entropy, accuracy on the validation split."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.training import class_weights
from transfer.training.drift import Drift
from transfer.training.mixing import Mixing
from transfer.training.order import balanced, batch_starts, one_view_each, shuffled_batches

# Images float32 [n, channels, size, size]; labels int64 [n], or float32 [n, classes] where pictures are mixed.
Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Regularisation:
    """What keeps a classifier from learning its training pictures by heart, and from neglecting rare classes."""

    label_smoothing: float = 0.0
    mixing: Mixing = field(default_factory=Mixing)
    class_weights: Literal["none", "balanced"] = "none"
    sampling: Literal["shuffled", "balanced"] = "shuffled"


@dataclass(frozen=True)
class ClassificationTask:
    """Train on `train`, one view of each image per epoch; measure on `val`."""

    train: Split
    val: Split
    facts: Facts
    machine: Machine
    batch_size: int
    regularisation: Regularisation
    seed: int
    drift: Drift | None = None

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield (images, labels) on the machine's device."""
        for rows in shuffled_batches(self.rows(epoch), batch_size=self.batch_size, seed=self.seed, epoch=epoch):
            batch = self._batch(self.train, rows)
            yield self.regularisation.mixing.apply(batch, num_classes=len(self.facts.categories))

    def rows(self, epoch: int) -> np.ndarray:
        """Choose the stored pictures of an epoch."""
        if self.regularisation.sampling == "balanced":
            return balanced(self.train.rows, epoch, seed=self.seed)
        return one_view_each(self.train.rows, epoch)

    def num_batches(self) -> int:
        """Count the batches of an epoch."""
        return len(batch_starts(self.train.rows["image_id"].nunique(), self.batch_size))

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """Compute cross-entropy with label smoothing and the weights of classes."""
        images, labels = batch
        with self.machine.autocast():
            logits = model(images)
        return cross_entropy(
            logits.float(), labels, smoothing=self.regularisation.label_smoothing, weights=self.weights
        )

    @cached_property
    def weights(self) -> torch.Tensor | None:
        """The weight of each class in the loss, float32 [classes]."""
        if self.regularisation.class_weights == "none":
            return None
        labels = self.train.rows["label"].to_numpy()
        weights = class_weights.balanced(labels, len(self.facts.categories))
        return torch.from_numpy(weights).float().to(self.machine.device)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure loss and accuracy on the validation split, and the features' drift, if it is watched."""
        logits, labels = zip(*self._val_logits(model), strict=True)
        metrics = accuracy_and_loss(torch.cat(logits), torch.cat(labels))
        return metrics | ({"feature_drift": self.drift.of(model)} if self.drift else {})

    def val_images(self, count: int) -> torch.Tensor:
        """Return the first `count` validation pictures as the network reads them."""
        return self._batch(self.val, np.arange(min(count, len(self.val))))[0]

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


def cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, *, smoothing: float = 0.0, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Compute the mean over examples, each weighted by its class.

    Unlike torch's, the mean is over the number of examples and not over the sum of their weights, so that a batch may
    be computed in parts.
    """
    if weights is None:
        return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    each = nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    return (each * (weights[labels] if labels.ndim == 1 else labels @ weights)).mean()


def accuracy_and_loss(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Measure `val_loss` (mean cross-entropy) and `val_accuracy` (share of right answers)."""
    return {
        "val_loss": nn.functional.cross_entropy(logits, labels).item(),
        "val_accuracy": (logits.argmax(1) == labels).double().mean().item(),
    }
