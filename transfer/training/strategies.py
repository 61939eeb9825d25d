"""Fine-tuning strategies by name: each turns a few numbers into phases of per-group learning rates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from transfer.errors import TrainingError


@dataclass(frozen=True)
class Phase:
    """`rates` holds one peak learning rate per layer group, shallow to deep, the head last; 0 freezes the group."""

    name: str
    epochs: int
    rates: tuple[float, ...]


@dataclass(frozen=True)
class Step:
    """How many of the deepest body groups train besides the head, and for how many epochs."""

    unfreeze: int | Literal["all"]
    epochs: int


def discriminative_rates(num_groups: int, *, learning_rate: float, decay: float) -> tuple[float, ...]:
    """Return rates that fall by `decay` from each group to the next shallower one; the head gets `learning_rate`.

    Source: Howard and Ruder, ULMFiT (2018), which uses 2.6.
    """
    return tuple(learning_rate / decay ** (num_groups - 1 - index) for index in range(num_groups))


def gradual(steps: Sequence[Step], num_groups: int, *, learning_rate: float, decay: float) -> tuple[Phase, ...]:
    """Unfreeze from the head downwards, step by step, at discriminative rates.

    Raises:
        TrainingError: a step unfreezes more body groups than there are.
    """
    rates = discriminative_rates(num_groups, learning_rate=learning_rate, decay=decay)
    return tuple(_phase(step, rates) for step in steps)


def full(steps: Sequence[Step], num_groups: int, *, learning_rate: float, decay: float) -> tuple[Phase, ...]:
    """Train everything at one rate for all epochs: what most scripts do, as a baseline. `decay` is not used."""
    return (Phase("all", sum(step.epochs for step in steps), (learning_rate,) * num_groups),)


STRATEGIES: dict[str, Callable[..., tuple[Phase, ...]]] = {"gradual": gradual, "full": full}


def _phase(step: Step, rates: tuple[float, ...]) -> Phase:
    body = len(rates) - 1
    unfreeze = body if step.unfreeze == "all" else step.unfreeze
    if unfreeze > body:
        msg = f"a phase unfreezes {unfreeze} body groups, but this architecture has {body}; use 0..{body} or 'all'"
        raise TrainingError(msg)
    frozen = body - unfreeze
    return Phase(f"head+{unfreeze}", step.epochs, (0.0,) * frozen + rates[frozen:])
