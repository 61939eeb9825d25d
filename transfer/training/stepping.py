"""One optimizer step from one batch: in parts that fit in memory, scaled, clipped, averaged."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from receiver.progress import say
from transfer.errors import TrainingError
from transfer.training import memory
from transfer.training.l2_sp import StartingPoint


class DivergedError(TrainingError):
    """A loss or gradient that is not a finite number."""


class Loss(Protocol):
    """The part of a task that a step needs."""

    def loss(self, model: nn.Module, batch: Any) -> torch.Tensor:
        """Compute the mean loss over the examples of a batch."""


@dataclass(frozen=True)
class StepSettings:
    """How gradients become a step.

    `micro_batch_size` is the number of examples that are in memory at once (None: the whole batch); their gradients
    are added up. `ema` is the decay of the running average of the weights that is validated and kept (0: none).
    """

    clip_norm: float
    micro_batch_size: int | None = None
    on_out_of_memory: Literal["fail", "accumulate"] = "fail"
    ema: float = 0.0
    scale_loss: bool = False


@dataclass
class Stepper:
    """Steps a model; all that changes from step to step, besides the weights, is in `state`."""

    model: nn.Module
    task: Loss
    optimizer: torch.optim.Optimizer
    settings: StepSettings
    start: StartingPoint | None = None
    micro_batch_size: int | None = field(init=False)

    def __post_init__(self) -> None:
        """Start an average, and a loss scale, of the model as it is."""
        self.micro_batch_size = self.settings.micro_batch_size
        device = next(self.model.parameters()).device.type
        # Gradients of fp16 are so small that some would be 0; the loss is scaled up before and they are scaled back.
        self._scaler = torch.amp.GradScaler(device, enabled=self.settings.scale_loss)
        decay = self.settings.ema
        average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self._average = AveragedModel(self.model, multi_avg_fn=average) if decay > 0 else None
        self._trained = [p for group in self.optimizer.param_groups for p in group["params"]]

    @property
    def averaged(self) -> nn.Module:
        """The model whose weights count: the running average, or the model itself."""
        return self._average.module if self._average else self.model

    def step(self, batch: Any) -> float:
        """Move the weights once and return the batch's loss.

        Raises:
            DivergedError: the loss or the gradient is not a finite number.
            TrainingError: the batch does not fit in memory.
        """
        loss = self._gradients(batch)
        self._scaler.unscale_(self.optimizer)
        if self.start:
            self.start.add_gradients()
        norm = self._clip()
        # A scaler finds infinite gradients itself, leaves such a step out and lowers its scale.
        if not math.isfinite(loss) or not (math.isfinite(norm) or self._scaler.is_enabled()):
            msg = f"loss {loss}, gradient {norm}: diverged"
            raise DivergedError(msg)
        self._scaler.step(self.optimizer)
        self._scaler.update()
        if self._average:
            self._average.update_parameters(self.model)
        return loss

    def state(self) -> dict[str, Any]:
        """Return what a resumed run needs besides the model and the optimizer."""
        return {
            "micro_batch_size": self.micro_batch_size,
            "scaler": self._scaler.state_dict(),
            "average": self._average.state_dict() if self._average else None,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.micro_batch_size = state["micro_batch_size"]
        self._scaler.load_state_dict(state["scaler"])
        if self._average:
            self._average.load_state_dict(state["average"])

    def _clip(self) -> float:
        """Shorten the gradient to the greatest norm that is allowed, and return the norm that it had."""
        norm = nn.utils.get_total_norm([p.grad for p in self._trained if p.grad is not None])
        # Shortening by a factor of 1 would change nothing, but pass through every gradient once more.
        if not norm <= self.settings.clip_norm:
            nn.utils.clip_grads_with_norm_(self._trained, self.settings.clip_norm, norm)
        return float(norm)

    def _gradients(self, batch: Any) -> float:
        while True:
            try:
                return self._add_gradients(batch)
            except (RuntimeError, MemoryError) as error:
                if not memory.is_exhausted(error):
                    raise
            self._shrink(batch)

    def _add_gradients(self, batch: Any) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for share, part in parts(batch, self.micro_batch_size):
            loss = self.task.loss(self.model, part) * share
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total

    def _shrink(self, batch: Any) -> None:
        """Halve the micro batch, or say which size fits."""
        self._release()
        if not isinstance(batch, tuple):
            msg = f"out of memory with {len(batch)} pictures at once; lower batch_size"
            raise TrainingError(msg)
        tried = min(self.micro_batch_size or len(batch[0]), len(batch[0]))
        if self.settings.on_out_of_memory == "accumulate" and tried > 1:
            self.micro_batch_size = tried // 2
            say(f"out of memory with {tried} pictures at once: going on with {tried // 2}, gradients are added up")
            return
        raise TrainingError(self._what_fits(batch, tried))

    def _what_fits(self, batch: Any, tried: int) -> str:
        self.micro_batch_size = tried // 2
        while self.micro_batch_size:
            try:
                self._add_gradients(next(parts(batch, self.micro_batch_size))[1])
            except (RuntimeError, MemoryError) as error:
                if not memory.is_exhausted(error):
                    raise
                self._release()
                self.micro_batch_size //= 2
                continue
            return (
                f"out of memory with {tried} pictures at once; {self.micro_batch_size} fit. Set "
                f"recipe.micro_batch_size: {self.micro_batch_size} (the same step, its gradients added up), or "
                "recipe.on_out_of_memory: accumulate, or recipe.gradient_checkpointing: true, or take a smaller "
                "backbone"
            )
        return "out of memory even with a single picture; take a smaller backbone or smaller pictures"

    def _release(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        memory.release()


def parts(batch: Any, size: int | None) -> Iterator[tuple[float, Any]]:
    """Cut a batch, a tuple of tensors [n, ...], into parts of at most `size` examples, each with its share of n."""
    if size is None:
        yield 1.0, batch
        return
    count = len(batch[0])
    for part in zip(*(tensor.split(size) for tensor in batch), strict=True):
        yield len(part[0]) / count, part
