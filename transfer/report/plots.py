"""Lay out a plot: where ticks, curves, bars and bands come to stand. A template draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    place: float
    text: str


@dataclass(frozen=True)
class Frame:
    """The inner rectangle of a plot in SVG units, and the range of values that it shows."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: float = 420
    height: float = 240
    left: float = 46
    right: float = 14
    top: float = 12
    bottom: float = 40

    def x(self, value: float) -> float:
        """Return the place of a value across."""
        return round(self.left + (self.width - self.left - self.right) * _share(value, self.x_range), 2)

    def y(self, value: float) -> float:
        """Return the place of a value upwards."""
        return round(
            self.height - self.bottom - (self.height - self.top - self.bottom) * _share(value, self.y_range), 2
        )


@dataclass(frozen=True)
class Curve:
    """A line, as an SVG path, and its points with what a tooltip says; `style` is a class of the style sheet."""

    name: str
    style: str
    path: str
    points: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True)
class Bar:
    """A rectangle with what a tooltip says."""

    x: float
    y: float
    width: float
    height: float
    style: str
    text: str


@dataclass(frozen=True)
class Plot:
    """All that a template needs to draw; `summary` says in words what is to be seen."""

    frame: Frame
    summary: str
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...] = ()
    bars: tuple[Bar, ...] = ()
    bands: tuple[Bar, ...] = field(default=())


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Return round values from `low` to `high`, at most about `most`."""
    if high <= low:
        return [low]
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def x_ticks(frame: Frame, values: Sequence[float], text: str = "{:g}") -> tuple[Tick, ...]:
    """Place marks across."""
    return tuple(Tick(frame.x(value), text.format(value)) for value in values)


def y_ticks(frame: Frame, values: Sequence[float], text: str = "{:g}") -> tuple[Tick, ...]:
    """Place marks upwards."""
    return tuple(Tick(frame.y(value), text.format(value)) for value in values)


def path(frame: Frame, xs: Sequence[float], ys: Sequence[float]) -> str:
    """Return an SVG path through the points."""
    return "M" + " L".join(f"{frame.x(x):g},{frame.y(y):g}" for x, y in zip(xs, ys, strict=True)) if len(xs) else ""


def _share(value: float, limits: tuple[float, float]) -> float:
    low, high = limits
    return (value - low) / (high - low) if high > low else 0.5
