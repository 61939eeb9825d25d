"""The section `selection`: what the tournament trains. The matrices of selection/dvc.yaml read its lists."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt

from stages.params import Params


def _all_different(values: tuple[object, ...]) -> tuple[object, ...]:
    if len(set(values)) != len(values):
        msg = "each value may stand there once"
        raise ValueError(msg)
    return values


# Folders are named after them; the dash stands between the parts of a name.
StrategyName = Annotated[str, Field(pattern=r"^\w+$")]
BackboneName = Annotated[str, Field(pattern=r"^[\w.-]+$")]
Size = PositiveInt | Literal["all"]
Different = AfterValidator(_all_different)


class SweepParams(Params):
    """One strategy at several learning rates."""

    strategy: StrategyName
    backbone: BackboneName
    size: Size
    seed: NonNegativeInt
    rates: Annotated[tuple[PositiveFloat, ...], Field(min_length=1), Different]


class SelectionParams(Params):
    """Everything is trained with everything: strategies, backbones, sizes, seeds."""

    strategies: Annotated[tuple[StrategyName, ...], Field(min_length=1), Different]
    backbones: Annotated[tuple[BackboneName, ...], Field(min_length=1), Different]
    sizes: Annotated[tuple[Size, ...], Field(min_length=1), Different]
    seeds: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1), Different]
    sweep: SweepParams
