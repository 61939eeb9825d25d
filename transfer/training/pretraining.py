"""Pretrain a backbone on formula-generated images: it learns to read the formula off the picture."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from transfer.data import formula
from transfer.data.formula_images import draw_images
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

Batch = tuple[torch.Tensor, list[torch.Tensor]]


class FormulaReader(nn.Module):
    """A backbone with one linear answer per question about the formula; forward gives a list of logits [n, classes]."""

    def __init__(self, backbone: nn.Module, num_features: int, num_classes: tuple[int, ...]) -> None:
        super().__init__()
        self.backbone = backbone
        self.answers = nn.Linear(num_features, sum(num_classes))
        self.num_classes = list(num_classes)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Answer every question about every image."""
        return self.answers(self.backbone(images)).float().split(self.num_classes, dim=1)


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
        """Compute the mean cross-entropy of the questions."""
        images, labels = batch
        with self.machine.autocast():
            answers = model(images)
        losses = [nn.functional.cross_entropy(logits, wanted) for logits, wanted in zip(answers, labels, strict=True)]
        return torch.stack(losses).mean()

    @torch.no_grad()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure the loss on images that are the same after every epoch and never trained on."""
        generator = torch.Generator().manual_seed(derive(self.seed, "formula", "measured"))
        return {"val_loss": self.loss(model, self._batch(IMAGES_MEASURED, generator)).item()}

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Prefer the lower loss."""
        return (-metrics["val_loss"],)

    def _batch(self, count: int, generator: torch.Generator) -> Batch:
        drawn = formula.draw(count, generator)
        pixels = draw_images(drawn, self.image_size, generator).to(self.machine.device)
        labels = [target.labels.to(self.machine.device) for target in formula.targets(drawn)]
        return normalise(pixels, mean=self.mean, std=self.std), labels


def pretrain(
    architecture: str, task: FormulaTask, *, learning_rate: float, weight_decay: float, resume: Resume
) -> tuple[dict[str, torch.Tensor], float]:
    """Train a backbone from random weights; return its tensors, on the CPU, and the loss it ends with.

    Raises:
        TrainingError: the loss is not a finite number.
    """
    model = _reader(architecture).to(task.machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    epochs = task.num_epochs()
    history = loop.fit(
        model,
        task,
        groups=[[model]],
        phases=[Phase("formula", epochs, (learning_rate,))],
        recipe=loop.Recipe(weight_decay, clip_norm=10.0, warmup=0.1, patience=epochs, frozen_norm=False),
        seed=task.seed,
        resume=resume,
    )
    best = min(row["val_loss"] for row in history)
    return {name: tensor.cpu() for name, tensor in model.backbone.state_dict().items()}, best


def _reader(architecture: str) -> FormulaReader:
    """Build the model; the questions are those of any formula, so one image's worth tells their sizes."""
    questions = formula.targets(formula.draw(1, torch.Generator().manual_seed(0)))
    backbone = zoo.build(architecture, nn.Identity())
    return FormulaReader(backbone, zoo.find(architecture).num_features, tuple(q.num_classes for q in questions))
