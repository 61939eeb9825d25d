"""Pretrain a backbone on formula-generated images: it learns to tell the spectrum that an image was drawn from."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from transfer.data.drawing import formula
from transfer.data.seeds import derive
from transfer.models import zoo
from transfer.models.inputs import normalise
from transfer.runtime import Machine
from transfer.training import loop
from transfer.training.resume import Resume
from transfer.training.strategies import Phase

# Images between two saved states, and images the loss is measured on after each.
IMAGES_PER_EPOCH = 2048
IMAGES_MEASURED = 256

# Images as a network reads them, and the shares of each one's bands.
Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class FormulaTask:
    """Draw new images for every batch; no image is seen twice."""

    num_images: int
    image_size: int
    batch_size: int
    seed: int
    machine: Machine
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def num_epochs(self) -> int:
        """Count the epochs, of equal length, that the images are cut into."""
        return max(1, round(self.num_images / IMAGES_PER_EPOCH))

    def num_batches(self) -> int:
        """Count the batches of an epoch."""
        return max(1, round(self.num_images / self.num_epochs() / self.batch_size))

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Draw the images of an epoch, and the answers about them."""
        generator = torch.Generator().manual_seed(derive(self.seed, "formula", epoch))
        for _ in range(self.num_batches()):
            yield self._batch(self.batch_size, generator)

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """Compute how far the answered shares are from the true ones: the mean Kullback-Leibler divergence, in nats."""
        images, shares = batch
        with self.machine.autocast():
            logits = model(images)
        return nn.functional.kl_div(logits.float().log_softmax(dim=1), shares, reduction="batchmean")

    @torch.no_grad()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure the loss on images that are the same after every epoch and never trained on."""
        generator = torch.Generator().manual_seed(derive(self.seed, "formula", "measured"))
        return {"val_loss": self.loss(model, self._batch(IMAGES_MEASURED, generator)).item()}

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Prefer the lower loss."""
        return (-metrics["val_loss"],)

    def _batch(self, count: int, generator: torch.Generator) -> Batch:
        spectra = formula.draw_spectra(count, self.image_size, generator)
        pixels = formula.draw_images(spectra, generator).to(self.machine.device)
        return normalise(pixels, mean=self.mean, std=self.std), formula.describe(spectra).to(self.machine.device)


def pretrain(
    architecture: str, task: FormulaTask, *, learning_rate: float, weight_decay: float, resume: Resume
) -> tuple[dict[str, torch.Tensor], float]:
    """Train a backbone from random weights; return its tensors, on the CPU, and the loss it ends with.

    Raises:
        TrainingError: the loss is not a finite number.
    """
    # One linear layer, so that what it has to answer must be plain in the features.
    model = zoo.build(architecture, nn.Linear(zoo.find(architecture).num_features, formula.NUM_BANDS))
    model = model.to(task.machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    epochs = task.num_epochs()
    history = loop.fit(
        model,
        task,
        groups=[[model]],
        phases=[Phase("formula", epochs, (learning_rate,))],
        recipe=loop.plain(weight_decay=weight_decay, clip_norm=10.0, warmup=0.1, patience=epochs),
        seed=task.seed,
        resume=resume,
    )
    head = f"{zoo.find(architecture).head}."
    tensors = {name: tensor.cpu() for name, tensor in model.state_dict().items() if not name.startswith(head)}
    return tensors, min(row["val_loss"] for row in history)
