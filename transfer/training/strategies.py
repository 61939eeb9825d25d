"""Strategies as data: where a classifier starts, and which layer groups train in which phase at which rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transfer.errors import TrainingError
from transfer.models.heads import HeadShape

# How deep a phase goes: the head alone, the head and the n deepest body groups, or everything.
Depth = Literal["head", "all"] | int


@dataclass(frozen=True)
class Phase:
    """`rates` holds one peak learning rate per layer group, shallow to deep, the head last; 0 freezes the group.

    `schedule` names an entry of schedules.SCHEDULES; None is the recipe's own.
    """

    name: str
    epochs: int
    rates: tuple[float, ...]
    schedule: str | None = None

    @property
    def trains_head_alone(self) -> bool:
        """Whether the whole body is frozen."""
        return not any(self.rates[:-1])


@dataclass(frozen=True)
class Falling:
    """Rates from that of the head down: divided by `decay` from each group to the shallower one.

    Source: Howard and Ruder, ULMFiT (2018), which uses 2.6.
    """

    head: float
    decay: float

    def over(self, num_groups: int) -> tuple[float, ...]:
        """Return one rate per group, shallow to deep, the head last."""
        return tuple(self.head / self.decay ** (num_groups - 1 - index) for index in range(num_groups))


@dataclass(frozen=True)
class Divided:
    """The body is cut into as many runs of groups as there are divisors, shallow to deep; each divides the head's rate.

    The usual three, (10, 5, 2), are Divided(head, (10, 5, 2)).
    """

    head: float
    divisors: tuple[float, ...]


# The last kind is a rate per group, shallow to deep, the head last.
Rates = Falling | Divided | tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """A phase, before it is known how many groups the architecture has."""

    train: Depth
    epochs: int
    rates: Rates
    schedule: str | None = None


@dataclass(frozen=True)
class Probe:
    """Logistic regression on the features of the frozen body. `c` is scikit-learn's: smaller, more regularised."""

    c: float
    views: Literal["plain", "all"]


@dataclass(frozen=True)
class Strategy:
    """Where training starts, and what is trained when.

    `start`: random weights (of `architecture`, if it is given), the backbone as it was with a new head, or the warmed
    classifier as it is. `head` is the shape of a new head. A strategy has phases, or fits a `probe`.
    """

    name: str
    start: Literal["random", "backbone", "warmed"]
    architecture: str | None
    head: HeadShape | None
    phases: tuple[Plan, ...]
    probe: Probe | None


def phases(plans: Sequence[Plan], groups: Sequence[str]) -> tuple[Phase, ...]:
    """Lay the plans over an architecture's groups, named shallow to deep, the head last.

    Raises:
        TrainingError: a phase trains more groups than there are, or its rates do not fit them.
    """
    return tuple(_phase(plan, groups) for plan in plans)


def _phase(plan: Plan, groups: Sequence[str]) -> Phase:
    body = len(groups) - 1
    unfrozen = {"head": 0, "all": body}[plan.train] if isinstance(plan.train, str) else plan.train
    if unfrozen > body:
        msg = f"a phase trains the {unfrozen} deepest body groups, but there are {body}: {', '.join(groups[:-1])}"
        raise TrainingError(msg)
    frozen = body - unfrozen
    name = plan.train if isinstance(plan.train, str) else f"last {unfrozen}"
    return Phase(name, plan.epochs, (0.0,) * frozen + _rates(plan.rates, groups)[frozen:], plan.schedule)


def _rates(rates: Rates, groups: Sequence[str]) -> tuple[float, ...]:
    body = len(groups) - 1
    if isinstance(rates, Falling):
        return rates.over(len(groups))
    if isinstance(rates, Divided):
        if len(rates.divisors) > body:
            known = ", ".join(groups[:-1])
            msg = f"{len(rates.divisors)} divisors for {body} body groups: {known}; give as many or fewer"
            raise TrainingError(msg)
        parts = [index * len(rates.divisors) // body for index in range(body)]
        return (*(rates.head / rates.divisors[part] for part in parts), rates.head)
    if len(rates) != len(groups):
        msg = f"{len(rates)} rates for {len(groups)} groups, shallow to deep: {', '.join(groups)}; give one for each"
        raise TrainingError(msg)
    return rates
