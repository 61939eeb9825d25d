"""The parameters behind formula-generated images: drawn without end, and the labels of what they generate."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch

# log2 of cycles per image side: the highest band stays below what 64 pixels can show.
LOWEST_OCTAVE, HIGHEST_OCTAVE = 1.0, 4.6
NARROWEST, WIDEST = 0.15, 0.7
FLATTEST, STEEPEST = 0.3, 2.2
BLUNTEST, SHARPEST = 0.5, 30.0
SHARE_WITHOUT_GRAIN = 0.3
NUM_BENDS = 6
NUM_ARRANGEMENTS = 3


@dataclass(frozen=True)
class Texture:
    """The parameters of n random textures, each tensor [n]."""

    # Radians, 0..pi: the direction across which the grain runs; `grain` is its sharpness, 0 for none.
    angle: torch.Tensor
    grain: torch.Tensor
    # log2 of the band's cycles per image side, and of its width.
    octave: torch.Tensor
    width: torch.Tensor
    # Exponent of the power law that the band is mixed with, and the band's share, 0..1.
    slope: torch.Tensor
    share: torch.Tensor
    # Which curve bends the values, where its threshold sits and how steep it is there.
    bend: torch.Tensor
    threshold: torch.Tensor
    steepness: torch.Tensor


@dataclass(frozen=True)
class Formula:
    """The parameters of n images: a ground, and another texture that is absent, added, or laid over it in patches."""

    ground: Texture
    other: Texture
    arrangement: torch.Tensor
    # Weight of an added texture; from where on a field of patches shows the other; weight of white noise.
    weight: torch.Tensor
    cover: torch.Tensor
    noise: torch.Tensor


class Target(NamedTuple):
    """One question about an image: int64 [n] answers out of `num_classes`."""

    labels: torch.Tensor
    num_classes: int


def draw(count: int, generator: torch.Generator) -> Formula:
    """Draw the parameters of `count` images."""
    return Formula(
        ground=_texture(count, generator),
        other=_texture(count, generator),
        arrangement=torch.randint(NUM_ARRANGEMENTS, (count,), generator=generator),
        weight=_uniform(count, 0.3, 1.2, generator),
        cover=_uniform(count, 0.0, 1.5, generator),
        noise=_uniform(count, 0.0, 0.4, generator),
    )


def targets(formula: Formula) -> tuple[Target, ...]:
    """Turn the parameters into classes: ranges of equal width for numbers, one class for each kind."""
    ground, other = formula.ground, formula.other
    return (
        _angles(ground, 12),
        _ranges(ground.octave, LOWEST_OCTAVE, HIGHEST_OCTAVE, 8),
        _ranges(ground.slope, FLATTEST, STEEPEST, 4),
        _ranges(ground.width, NARROWEST, WIDEST, 3),
        _ranges(ground.grain.clamp_min(BLUNTEST).log(), math.log(BLUNTEST), math.log(SHARPEST), 4),
        _ranges(ground.share, 0.0, 1.0, 4),
        Target(ground.bend, NUM_BENDS),
        Target(formula.arrangement, NUM_ARRANGEMENTS),
        _ranges(ground.threshold, -1.0, 1.2, 4),
        Target(other.bend, NUM_BENDS),
        _ranges(other.octave, LOWEST_OCTAVE, HIGHEST_OCTAVE, 6),
        _ranges(formula.noise, 0.0, 0.4, 3),
    )


def _texture(count: int, generator: torch.Generator) -> Texture:
    isotropic = _uniform(count, 0.0, 1.0, generator) < SHARE_WITHOUT_GRAIN
    grain = torch.exp(_uniform(count, math.log(BLUNTEST), math.log(SHARPEST), generator))
    return Texture(
        angle=_uniform(count, 0.0, math.pi, generator),
        grain=torch.where(isotropic, torch.zeros(count), grain),
        octave=_uniform(count, LOWEST_OCTAVE, HIGHEST_OCTAVE, generator),
        width=_uniform(count, NARROWEST, WIDEST, generator),
        slope=_uniform(count, FLATTEST, STEEPEST, generator),
        share=_uniform(count, 0.0, 1.0, generator),
        bend=torch.randint(NUM_BENDS, (count,), generator=generator),
        threshold=_uniform(count, -1.0, 1.2, generator),
        steepness=torch.exp(_uniform(count, 0.0, 2.5, generator)),
    )


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _ranges(values: torch.Tensor, low: float, high: float, count: int) -> Target:
    return Target(((values - low) / (high - low) * count).long().clamp(0, count - 1), count)


def _angles(texture: Texture, count: int) -> Target:
    """Class 0 is for textures without grain, whose angle cannot be seen."""
    ranges = _ranges(texture.angle, 0.0, math.pi, count)
    return Target(torch.where(texture.grain == 0, 0, ranges.labels + 1), count + 1)
