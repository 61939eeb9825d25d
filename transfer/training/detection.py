"""The detection task: batches of stored pictures with boxes, the losses of Faster R-CNN, AP on the validation split."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from transfer.data.views.shards import Split
from transfer.models.detector import Detector, Targets
from transfer.runtime import Machine
from transfer.training.average_precision import OVERLAPS, Found, average_precisions
from transfer.training.body_maps import BodyMaps, Maps
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
        with self.machine.autocast():
            maps = self.maps.of(model, self.train, batch, name="train")
            return model.loss(maps, self._on_device(self.wanted, batch)).float()

    @torch.inference_mode()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure the loss, and AP over all overlaps and at 0.5 and 0.75, on the validation split."""
        assert isinstance(model, Detector)
        # The loss is computed on drawn anchors and regions; in every epoch on the same.
        torch.manual_seed(self.seed)
        found: list[Found] = []
        loss = 0.0
        for rows in self.val.batches(self.batch_size):
            with self.machine.autocast():
                maps = self.maps.of(model, self.val, rows, name="val")
                found += model.detect(maps)
                loss += len(rows) * _loss_in_training_mode(model, maps, self._on_device(self.wanted_val, rows))
        found = [{name: t.cpu() for name, t in one.items()} for one in found]
        precisions = average_precisions(found, self.wanted_val)
        return {
            "val_loss": loss / len(self.val),
            "val_AP": float(precisions.mean()),
            "val_AP50": float(precisions[OVERLAPS.index(0.5)]),
            "val_AP75": float(precisions[OVERLAPS.index(0.75)]),
        }

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Prefer AP; among equals, as before anything is found, the lower loss."""
        return metrics["val_AP"], -metrics["val_loss"]

    def _on_device(self, wanted: Targets, rows: np.ndarray) -> Targets:
        return [{name: t.to(self.machine.device) for name, t in wanted[row].items()} for row in rows]

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


def _loss_in_training_mode(model: Detector, maps: Maps, wanted: Targets) -> float:
    """Compute the loss of a model in evaluation mode, in which torchvision's heads give none."""
    heads = (model.rpn, model.roi_heads)
    for head in heads:
        head.train()
    loss = model.loss(maps, wanted).item()
    for head in heads:
        head.eval()
    return loss
