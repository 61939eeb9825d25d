"""The one training loop: phases of epochs over layer groups, best checkpoint, early stopping, watchers, resume."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import nn

from receiver.progress import say
from transfer.data.seeds import derive
from transfer.errors import TrainingError
from transfer.models import freezing
from transfer.models.norms import FrozenNorm
from transfer.training import optimizers, trace, watchers
from transfer.training.l2_sp import StartingPoint
from transfer.training.optimizers import OptimizerSettings, scale_rates
from transfer.training.resume import Resume
from transfer.training.schedules import Schedule
from transfer.training.stepping import DivergedError, Stepper, StepSettings
from transfer.training.strategies import Phase
from transfer.training.watchers import Watch


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
    """How to train, whatever the phases. `patience` is a number of epochs without a better score that ends a phase.

    `l2_sp` is the strength of the pull toward the starting weights. `compiled` hands the model to torch.compile.
    """

    optimizer: OptimizerSettings
    schedule: Schedule
    steps: StepSettings
    patience: int
    frozen_norm: FrozenNorm = "none"
    l2_sp: float = 0.0
    compiled: bool = False
    watch: Watch = field(default_factory=Watch)


def plain(
    *, weight_decay: float, clip_norm: float, warmup: float, patience: int, frozen_norm: FrozenNorm = "none"
) -> Recipe:
    """Return a recipe of AdamW and a cosine, and nothing else."""
    return Recipe(
        OptimizerSettings(weight_decay=weight_decay),
        Schedule(warmup=warmup),
        StepSettings(clip_norm),
        patience=patience,
        frozen_norm=frozen_norm,
    )


@dataclass
class Progress:
    """How far training has come.

    `history` has one row per finished epoch, `findings` the names of the watchers that have spoken in this phase.
    """

    phase: int = 0
    epoch_in_phase: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_score: tuple[float, ...] = ()
    epochs_since_best: int = 0
    findings: list[str] = field(default_factory=list)
    stopped_by: str = ""

    def enter_next_phase(self) -> None:
        """Start to count anew; history and best score stay."""
        self.phase, self.epoch_in_phase, self.epochs_since_best, self.findings = self.phase + 1, 0, 0, []

    def rows_of_phase(self) -> list[dict[str, Any]]:
        """Return the rows of the phase that is going on."""
        return self.history[len(self.history) - self.epoch_in_phase :]


@dataclass(frozen=True)
class Part:
    """What a phase trains: the whole model on its task, or its head alone on a task that stands for the frozen body."""

    model: nn.Module
    task: Task
    groups: Sequence[freezing.Group]
    rates: tuple[float, ...]


# Given the model and its head, a task that trains the head as the model's own task would, or None.
HeadTask = Callable[[nn.Module, nn.Module], Task | None]


def fit(
    model: nn.Module,
    task: Task,
    *,
    groups: Sequence[freezing.Group],
    phases: Sequence[Phase],
    recipe: Recipe,
    seed: int,
    resume: Resume,
    head_task: HeadTask | None = None,
) -> list[dict[str, Any]]:
    """Train `model` in place, leave it with the weights of its best epoch, and return one row per epoch.

    An epoch is a function of the weights, the optimizer state, the seed and its number alone. So a run that was killed
    and goes on from its last finished epoch ends with the same bits as one that was not.

    Raises:
        TrainingError: the loss is not a finite number, or a batch does not fit in memory.
    """
    body = [p for group in freezing.parameters(groups)[:-1] for p in group]
    start = StartingPoint(body, recipe.l2_sp)
    progress, best, saved = _restore(model, resume)
    if recipe.compiled:
        model.compile()
    while progress.phase < len(phases) and not progress.stopped_by:
        phase = phases[progress.phase]
        part = _part(model, task, groups=groups, phase=phase, recipe=recipe, head_task=head_task)
        stepper = _stepper(part, recipe=recipe, start=start, saved=saved)
        while _goes_on(progress, phase, recipe):
            best = _epoch(model, part.task, stepper, phase=phase, recipe=recipe, progress=progress, seed=seed) or best
            resume.save(_state(model, stepper, progress, best))
        progress.enter_next_phase()
        saved = None
    model.load_state_dict(best)
    model.eval()
    return progress.history


def train_epoch(task: Task, stepper: Stepper, *, phase: Phase, recipe: Recipe, progress: Progress) -> float:
    """Step through one epoch and return its mean loss."""
    per_epoch = task.num_batches()
    total = phase.epochs * per_epoch
    schedule = replace(recipe.schedule, name=phase.schedule or recipe.schedule.name)
    val_losses = [row["val_loss"] for row in progress.rows_of_phase()] if schedule.name == "plateau" else []
    losses = []
    epoch = len(progress.history) + 1
    with trace.of(stepper.model) as write_trace:
        for index, batch in enumerate(task.batches(len(progress.history))):
            step = progress.epoch_in_phase * per_epoch + index
            scale_rates(stepper.optimizer, schedule.at(step, total, steps_per_epoch=per_epoch, losses=val_losses))
            try:
                losses.append(stepper.step(batch))
            except DivergedError as error:
                msg = (
                    f"epoch {epoch}, step {index + 1}: {error}. Lower the learning rate (peak rates "
                    f"per group now: {phase.rates}); if it diverges at any rate, set runtime.precision: fp32"
                )
                raise TrainingError(msg) from error
            write_trace(epoch, index + 1, losses[-1])
    return sum(losses) / len(losses)


def _part(
    model: nn.Module,
    task: Task,
    *,
    groups: Sequence[freezing.Group],
    phase: Phase,
    recipe: Recipe,
    head_task: HeadTask | None,
) -> Part:
    """Freeze what the phase does not train."""
    freezing.train_only(model, groups, [rate > 0 for rate in phase.rates], frozen_norm=recipe.frozen_norm)
    head = groups[-1][0]
    if head_task and phase.trains_head_alone and isinstance(head, nn.Module):
        stand_in = head_task(model, head)
        if stand_in is not None:
            return Part(head, stand_in, [[head]], phase.rates[-1:])
    return Part(model, task, groups, phase.rates)


def _stepper(part: Part, *, recipe: Recipe, start: StartingPoint, saved: dict[str, Any] | None) -> Stepper:
    optimizer = optimizers.build(recipe.optimizer, freezing.parameters(part.groups), part.rates)
    stepper = Stepper(part.model, part.task, optimizer, recipe.steps, start)
    if saved is not None:
        optimizer.load_state_dict(saved["optimizer"])
        stepper.load_state(saved["stepper"])
    return stepper


def _goes_on(progress: Progress, phase: Phase, recipe: Recipe) -> bool:
    return (
        progress.epoch_in_phase < phase.epochs
        and progress.epochs_since_best <= recipe.patience
        and not progress.stopped_by
    )


def _epoch(
    model: nn.Module,
    task: Task,
    stepper: Stepper,
    *,
    phase: Phase,
    recipe: Recipe,
    progress: Progress,
    seed: int,
) -> dict[str, torch.Tensor] | None:
    """Train and validate one epoch; return a copy of the model's weights if they are the best so far."""
    number = len(progress.history)
    torch.manual_seed(derive(seed, "epoch", number))
    modes = [module.training for module in model.modules()]
    loss = train_epoch(task, stepper, phase=phase, recipe=recipe, progress=progress)
    metrics = task.validate(stepper.averaged.eval())
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    progress.history.append({"epoch": number + 1, "phase": phase.name, "train_loss": loss, **metrics})
    progress.epoch_in_phase += 1
    say(
        f"epoch {number + 1} ({phase.name}): train loss {loss:.4f}, "
        + ", ".join(f"{k} {v:.4f}" for k, v in metrics.items())
    )
    _heed_watchers(progress, recipe.watch)
    if progress.best_score and task.score(metrics) <= progress.best_score:
        progress.epochs_since_best += 1
        return None
    progress.best_score, progress.epochs_since_best = task.score(metrics), 0
    return _weights(model, stepper)


def _heed_watchers(progress: Progress, watch: Watch) -> None:
    for finding in watchers.look(progress.rows_of_phase(), watch):
        if finding.name not in progress.findings:
            say(f"{finding.name}: {finding.sentence}")
            progress.findings.append(finding.name)
        if finding.stops:
            progress.stopped_by = finding.name


def _weights(model: nn.Module, stepper: Stepper) -> dict[str, torch.Tensor]:
    """Copy the model's weights, with the averaged ones in the place of those that are averaged."""
    prefix = next(name for name, module in model.named_modules() if module is stepper.model)
    averaged = {".".join(filter(None, (prefix, name))): t for name, t in stepper.averaged.state_dict().items()}
    return {name: tensor.detach().clone() for name, tensor in {**model.state_dict(), **averaged}.items()}


def _state(model: nn.Module, stepper: Stepper, progress: Progress, best: dict[str, torch.Tensor]) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "optimizer": stepper.optimizer.state_dict(),
        "stepper": stepper.state(),
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
    return progress, state["best"], state
