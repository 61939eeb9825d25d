"""The sections `recipe` and `strategies`: how classifiers train, whatever stage trains them."""

import difflib
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Tag,
)

from stages.params import Params
from stages.warmup import HeadParams
from transfer.errors import ParamsError
from transfer.training.classification import Regularisation
from transfer.training.finetuning import Settings
from transfer.training.loop import Recipe
from transfer.training.mixing import Mixing
from transfer.training.optimizers import OptimizerSettings
from transfer.training.schedules import Schedule
from transfer.training.stepping import StepSettings
from transfer.training.strategies import Divided, Falling, Plan, Probe, Rates, Strategy
from transfer.training.watchers import Watch

Share = Field(ge=0, lt=1)
ScheduleName = Literal["cosine", "one_cycle", "plateau", "step", "constant"]
Action = Literal["off", "say", "stop"]


class OptimizerParams(Params):
    """See transfer/training/optimizers.py."""

    name: Literal["adamw", "adam", "sgd"]
    weight_decay: NonNegativeFloat
    decay_norms: bool
    momentum: float = Share


class ScheduleParams(Params):
    """See transfer/training/schedules.py."""

    name: ScheduleName
    per: Literal["step", "epoch"]
    warmup: float = Field(gt=0, lt=1)
    milestones: tuple[PositiveFloat, ...]
    factor: float = Field(gt=0, lt=1)
    patience: NonNegativeInt


class RegularisationParams(Params):
    """See transfer/training/mixing.py; `mixup` and `cutmix` are alphas, `erasing` is a share of the pictures."""

    label_smoothing: float = Share
    mixup: NonNegativeFloat
    cutmix: NonNegativeFloat
    erasing: float = Field(ge=0, le=1)
    l2_sp: NonNegativeFloat
    class_weights: Literal["none", "balanced"]
    sampling: Literal["shuffled", "balanced"]


class WatchParams(Params):
    """See transfer/training/watchers.py."""

    forgetting: Action
    drift: Action
    saturation: Action
    epochs: PositiveInt
    fall: PositiveFloat
    max_drift: PositiveFloat


class RecipeParams(Params):
    """How classifiers train, whatever the strategy."""

    batch_size: PositiveInt
    micro_batch_size: PositiveInt | None
    on_out_of_memory: Literal["fail", "accumulate"]
    feature_batch_size: PositiveInt
    feature_cache_mib: NonNegativeInt
    gradient_checkpointing: bool
    compiled: bool
    optimizer: OptimizerParams
    schedule: ScheduleParams
    clip_norm: PositiveFloat
    ema: float = Share
    patience: PositiveInt
    frozen_norm: Literal["none", "statistics", "affine", "both"]
    regularisation: RegularisationParams
    watch: WatchParams

    def settings(self, *, fp16: bool) -> Settings:
        """Return these values as the library takes them; gradients of fp16 need a scaled loss."""
        values = self.regularisation
        return Settings(
            recipe=Recipe(
                OptimizerSettings(**self.optimizer.model_dump()),
                Schedule(**self.schedule.model_dump()),
                StepSettings(self.clip_norm, self.micro_batch_size, self.on_out_of_memory, self.ema, scale_loss=fp16),
                patience=self.patience,
                frozen_norm=self.frozen_norm,
                l2_sp=values.l2_sp,
                compiled=self.compiled,
                watch=Watch(**self.watch.model_dump()),
            ),
            regularisation=Regularisation(
                values.label_smoothing,
                Mixing(values.mixup, values.cutmix, values.erasing),
                values.class_weights,
                values.sampling,
            ),
            batch_size=self.batch_size,
            feature_batch_size=self.feature_batch_size,
            feature_cache_mib=self.feature_cache_mib,
            gradient_checkpointing=self.gradient_checkpointing,
        )


class FallingParams(Params):
    """The head's rate, divided by `decay` from each group to the shallower one."""

    head: PositiveFloat
    decay: float = Field(ge=1)


class DividedParams(Params):
    """The head's rate, divided by one number for each of as many runs of body groups, shallow to deep."""

    head: PositiveFloat
    divisors: tuple[PositiveFloat, ...] = Field(min_length=1)


def _kind_of_rates(value: Any) -> str:
    if isinstance(value, dict | FallingParams | DividedParams):
        return "divided" if "divisors" in dict(value) else "falling"
    return "list"


class PhaseParams(Params):
    """What trains for how long, at which rates; `schedule` null is the recipe's."""

    train: Literal["head", "all"] | PositiveInt
    epochs: PositiveInt
    rates: Annotated[
        Annotated[FallingParams, Tag("falling")]
        | Annotated[DividedParams, Tag("divided")]
        | Annotated[tuple[PositiveFloat, ...], Tag("list")],
        Discriminator(_kind_of_rates),
    ]
    schedule: ScheduleName | None

    def plan(self) -> Plan:
        """Return these values as the library takes them."""
        return Plan(self.train, self.epochs, self._rates(), self.schedule)

    def _rates(self) -> Rates:
        if isinstance(self.rates, FallingParams):
            return Falling(**self.rates.model_dump())
        return Divided(**self.rates.model_dump()) if isinstance(self.rates, DividedParams) else self.rates


class ProbeParams(Params):
    """See transfer/training/linear_probe.py."""

    c: PositiveFloat
    views: Literal["plain", "all"]


class StrategyParams(Params):
    """One entry of `strategies`: phases, or a probe."""

    start: Literal["random", "backbone", "warmed"]
    architecture: str | None
    head: HeadParams | None
    phases: tuple[PhaseParams, ...]
    probe: ProbeParams | None


class Strategies(Params):
    """Named entries, to which a team adds its own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, StrategyParams]

    def names(self) -> tuple[str, ...]:
        """Return the names of all entries."""
        return tuple(self.__pydantic_extra__)

    def named(self, name: str) -> Strategy:
        """Return an entry as the library takes it.

        Raises:
            ParamsError: there is none of this name, or it has both phases and a probe, or neither.
        """
        entries = self.__pydantic_extra__
        if name not in entries:
            close = difflib.get_close_matches(name, entries, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            msg = f"params.yaml: strategies: there is no {name!r}{hint} There are: {', '.join(entries)}"
            raise ParamsError(msg)
        return _strategy(name, entries[name])


def _strategy(name: str, values: StrategyParams) -> Strategy:
    if bool(values.phases) == bool(values.probe):
        found = "both" if values.probe else "neither"
        msg = f"params.yaml: strategies.{name}: found {found} phases and a probe; a strategy has one of them"
        raise ParamsError(msg)
    return Strategy(
        name,
        values.start,
        values.architecture,
        values.head.shape() if values.head else None,
        tuple(phase.plan() for phase in values.phases),
        Probe(**values.probe.model_dump()) if values.probe else None,
    )
