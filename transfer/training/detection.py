"""The detection task: batches of stored pictures with boxes, the losses of Faster R-CNN, AP on the validation split."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from transfer.data.shards import Split
from transfer.models.detector import Detector, Targets
from transfer.runtime import Machine
from transfer.training.average_precision import Found, mean_average_precision
from transfer.training.body_maps import BodyMaps
from transfer.training.order import batch_starts, one_view_each, shuffled_batches
from transfer.training.targets import targets


@dataclass(frozen=True)
class DetectionTask:
    """Train on `train`, one view of each image per epoch or `all_views`; measure on `val`."""

    train: Split
    val: Split
    wanted: Targets
    wanted_val: Targets
    maps: BodyMaps
    machine: Machine
    batch_size: int
    all_views: bool
    seed: int

    def batches(self, epoch: int) -> Iterator[np.ndarray]:
        """Yield row numbers of the training split."""
        yield from shuffled_batches(self._chosen(epoch), batch_size=self.batch_size, seed=self.seed, epoch=epoch)

    def num_batches(self) -> int:
        """Count the batches of an epoch."""
        return len(batch_starts(len(self._chosen(0)), self.batch_size))

    def loss(self, model: nn.Module, batch: np.ndarray) -> torch.Tensor:
        """Compute the sum of the proposal and region losses."""
        assert isinstance(model, Detector)
        wanted = [{name: t.to(self.machine.device) for name, t in self.wanted[row].items()} for row in batch]
        with self.machine.autocast():
            return model.loss(self.maps.of(model, self.train, batch, name="train"), wanted).float()

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure AP at the overlaps 0.5 and 0.75 on the validation split."""
        assert isinstance(model, Detector)
        found = list(self._found(model))
        return {
            f"val_AP{round(100 * overlap)}": mean_average_precision(found, self.wanted_val, overlap=overlap)
            for overlap in (0.5, 0.75)
        }

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Prefer AP50; among equals, AP75."""
        return metrics["val_AP50"], metrics["val_AP75"]

    @torch.inference_mode()
    def _found(self, model: Detector) -> Iterator[Found]:
        for start in range(0, len(self.val), self.batch_size):
            rows = np.arange(start, min(start + self.batch_size, len(self.val)))
            with self.machine.autocast():
                found = model.detect(self.maps.of(model, self.val, rows, name="val"))
            yield from ({name: t.cpu() for name, t in one.items()} for one in found)

    def _chosen(self, epoch: int) -> np.ndarray:
        return np.arange(len(self.train)) if self.all_views else one_view_each(self.train.rows, epoch)


def detection_task(
    train: Split, val: Split, machine: Machine, *, batch_size: int, all_views: bool, seed: int
) -> DetectionTask:
    """Put a task together, without kept body maps.

    Raises:
        DataError: a split has no boxes.
    """
    return DetectionTask(
        train=train,
        val=val,
        wanted=targets(train, name="train"),
        wanted_val=targets(val, name="val"),
        maps=BodyMaps(machine),
        machine=machine,
        batch_size=batch_size,
        all_views=all_views,
        seed=seed,
    )
