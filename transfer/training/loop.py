"""The one training loop: phases of epochs over layer groups, best checkpoint, early stopping, resume."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from transfer.data.seeds import derive
from transfer.errors import TrainingError
from transfer.models import freezing
from transfer.progress import say
from transfer.training.optimizers import adamw, scale_rates
from transfer.training.resume import Resume
from transfer.training.schedules import warmup_cosine
from transfer.training.strategies import Phase


class Task(Protocol):
    """What differs between classification and detection."""

    def batches(self, epoch: int) -> Iterator[Any]:
        """Yield the training batches of an epoch; the same epoch always yields the same."""

    def num_batches(self) -> int:
        """Count the batches of an epoch."""

    def loss(self, model: nn.Module, batch: Any) -> torch.Tensor:
        """Compute the training loss of a batch, a scalar."""

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Measure the model on the validation split."""

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Order metrics: the greater tuple is the better model."""


@dataclass(frozen=True)
class Recipe:
    """How to step. `warmup` is a share of each phase's steps, `patience` a number of epochs without a better score."""

    weight_decay: float
    clip_norm: float
    warmup: float
    patience: int
    frozen_norm: bool


@dataclass
class Progress:
    """How far training has come. `history` has one row per finished epoch."""

    phase: int = 0
    epoch_in_phase: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_score: tuple[float, ...] = ()
    epochs_since_best: int = 0


def fit(
    model: nn.Module,
    task: Task,
    *,
    groups: Sequence[Sequence[nn.Module]],
    phases: Sequence[Phase],
    recipe: Recipe,
    seed: int,
    resume: Resume,
) -> list[dict[str, Any]]:
    """Train `model` in place, leave it with the weights of its best epoch, and return one row per epoch.

    An epoch is a function of the weights, the optimizer state, the seed and its number alone. So a run that was killed
    and goes on from its last finished epoch ends with the same bits as one that was not.

    Raises:
        TrainingError: the loss is not a finite number.
    """
    progress, best, optimizer_state = _restore(model, resume)
    while progress.phase < len(phases):
        phase = phases[progress.phase]
        freezing.train_only(model, groups, [rate > 0 for rate in phase.rates], frozen_norm=recipe.frozen_norm)
        optimizer = adamw(freezing.parameters(groups), phase.rates, weight_decay=recipe.weight_decay)
        if optimizer_state is not None:
            optimizer.load_state_dict(optimizer_state)
        while progress.epoch_in_phase < phase.epochs and progress.epochs_since_best <= recipe.patience:
            best = _epoch(model, task, optimizer, phase=phase, recipe=recipe, progress=progress, seed=seed) or best
            resume.save(_state(model, optimizer, progress, best))
        progress.phase, progress.epoch_in_phase, progress.epochs_since_best = progress.phase + 1, 0, 0
        optimizer_state = None
    model.load_state_dict(best)
    model.eval()
    return progress.history


def _epoch(
    model: nn.Module,
    task: Task,
    optimizer: torch.optim.Optimizer,
    *,
    phase: Phase,
    recipe: Recipe,
    progress: Progress,
    seed: int,
) -> dict[str, torch.Tensor] | None:
    """Train and validate one epoch; return a copy of the weights if they are the best so far."""
    number = len(progress.history)
    torch.manual_seed(derive(seed, "epoch", number))
    modes = [module.training for module in model.modules()]
    loss = train_epoch(model, task, optimizer, phase=phase, recipe=recipe, progress=progress)
    model.eval()
    metrics = task.validate(model)
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    progress.history.append({"epoch": number + 1, "phase": phase.name, "train_loss": loss, **metrics})
    progress.epoch_in_phase += 1
    say(
        f"epoch {number + 1} ({phase.name}): train loss {loss:.4f}, "
        + ", ".join(f"{k} {v:.4f}" for k, v in metrics.items())
    )
    if progress.best_score and task.score(metrics) <= progress.best_score:
        progress.epochs_since_best += 1
        return None
    progress.best_score, progress.epochs_since_best = task.score(metrics), 0
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def train_epoch(
    model: nn.Module, task: Task, optimizer: torch.optim.Optimizer, *, phase: Phase, recipe: Recipe, progress: Progress
) -> float:
    """Step through one epoch and return its mean loss."""
    trained = [p for group in optimizer.param_groups for p in group["params"]]
    total_steps = phase.epochs * task.num_batches()
    losses = []
    for index, batch in enumerate(task.batches(len(progress.history))):
        step = progress.epoch_in_phase * task.num_batches() + index
        scale_rates(optimizer, warmup_cosine((step + 1) / (total_steps + 1), warmup=recipe.warmup))
        loss = task.loss(model, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(trained, recipe.clip_norm)
        if not math.isfinite(float(norm)) or not math.isfinite(loss.item()):
            msg = (
                f"epoch {len(progress.history) + 1}, step {index + 1}: loss {loss.item()}, gradient {float(norm)}: "
                f"diverged. Lower the learning rate (peak rates per group now: {phase.rates})"
            )
            raise TrainingError(msg)
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def _state(
    model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress, best: dict[str, torch.Tensor]
) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "progress": dict(vars(progress)),
        "best": best,
    }


def _restore(model: nn.Module, resume: Resume) -> tuple[Progress, dict[str, torch.Tensor], dict[str, Any] | None]:
    state = resume.load()
    if state is None:
        return Progress(), {}, None
    progress = Progress(**state["progress"])
    model.load_state_dict(state["model"])
    say(f"going on after epoch {len(progress.history)}, which an earlier run of this stage finished")
    return progress, state["best"], state["optimizer"]
