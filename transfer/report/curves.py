"""Training curves, precision against recall, calibration: plots of what was measured."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from transfer.evaluation.classification import NUM_BINS
from transfer.report import plots
from transfer.report.plots import Bar, Curve, Frame, Plot

SMALL = {"width": 210.0, "height": 170.0, "left": 34.0, "right": 8.0, "top": 8.0, "bottom": 30.0}
SQUARE = {"width": 340.0, "height": 320.0, "right": 22.0}
# Room for the names of phases.
TOP = 24.0


def training(table: pd.DataFrame, columns: dict[str, tuple[str, str]], *, y_title: str, whole: bool = False) -> Plot:
    """Draw columns against epochs, with the phases behind them; `columns` maps names to legend and style.

    `whole`: the y axis is 0 to 1, for shares; otherwise it holds the values.
    """
    epochs = table["epoch"].to_numpy(float)
    y_range = (0.0, 1.0) if whole else _range(table[list(columns)].to_numpy(float))
    frame = Frame(_room(epochs), y_range, top=TOP)
    drawn = [_curve(frame, epochs, table[name].to_numpy(float), *look) for name, look in columns.items()]
    last = "; ".join(
        f"{curve.name} ends at {table[name].iloc[-1]:.3g}" for name, curve in zip(columns, drawn, strict=True)
    )
    return Plot(
        frame=frame,
        summary=f"{y_title} over {len(table)} epochs. {last}.",
        x_title="epoch",
        y_title=y_title,
        x_ticks=plots.x_ticks(frame, [value for value in plots.ticks(*frame.x_range) if value == round(value)]),
        y_ticks=plots.y_ticks(frame, plots.ticks(*frame.y_range)),
        curves=tuple(drawn),
        bands=_phases(frame, table),
    )


def precision_recall(table: pd.DataFrame, name: str, mean: pd.DataFrame | None) -> Plot:
    """Draw one category's precision against recall, over the mean of all."""
    frame = Frame((0.0, 1.0), (0.0, 1.0), **SMALL)
    curves = [("this category", "curve-1", table)] + ([("mean", "curve-mean", mean)] if mean is not None else [])
    drawn = [
        _curve(frame, t["recall"].to_numpy(), t["precision"].to_numpy(), label, style) for label, style, t in curves
    ]
    return Plot(
        frame=frame,
        summary=f"Precision against recall for {name}; mean precision {table['precision'].mean():.2f}.",
        x_title="recall",
        y_title="precision",
        x_ticks=plots.x_ticks(frame, [0, 0.5, 1]),
        y_ticks=plots.y_ticks(frame, [0, 0.5, 1]),
        curves=tuple(Curve(c.name, c.style, c.path) for c in reversed(drawn)),
    )


def categories_of(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the curves of precision_recall.csv, the mean first: a category may be called "all", too."""
    starts = (table["recall"].diff() < 0).cumsum()
    return [(str(rows["category"].iloc[0]), rows) for _, rows in table.groupby(starts)]


def calibration(probabilities: np.ndarray, labels: np.ndarray, *, error: float) -> Plot:
    """Draw the share that is right against confidence: on the diagonal a model is as sure as it is right."""
    frame = Frame((0.0, 1.0), (0.0, 1.0), **SQUARE)
    bins = reliability(probabilities, labels)
    return Plot(
        frame=frame,
        summary=f"Reliability diagram. Expected calibration error {error:.3f}. " + _widest(bins),
        x_title="confidence of the answer",
        y_title="share that is right",
        x_ticks=plots.x_ticks(frame, [0, 0.25, 0.5, 0.75, 1], "{:.0%}"),
        y_ticks=plots.y_ticks(frame, [0, 0.25, 0.5, 0.75, 1], "{:.0%}"),
        curves=(Curve("as sure as right", "curve-ideal", plots.path(frame, [0, 1], [0, 1])),),
        bars=tuple(bar for found in bins for bar in _reliability_bars(frame, *found)),
    )


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> list[tuple[int, int, float, float]]:
    """Return bin, number of pictures, mean confidence and share right, for each of the 15 bins that holds any."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bins = np.clip(np.ceil(confidence * NUM_BINS).astype(int) - 1, 0, NUM_BINS - 1)
    return [
        (
            int(place),
            int((bins == place).sum()),
            float(confidence[bins == place].mean()),
            float(right[bins == place].mean()),
        )
        for place in np.unique(bins)
    ]


def _reliability_bars(frame: Frame, place: int, count: int, confidence: float, right: float) -> list[Bar]:
    low, high = place / NUM_BINS, (place + 1) / NUM_BINS
    text = f"confidence {low:.0%} to {high:.0%}: {count} pictures, {right:.0%} right, mean confidence {confidence:.0%}"
    x, width = frame.x(low) + 1, frame.x(high) - frame.x(low) - 2
    bottom, top = min(confidence, right), max(confidence, right)
    gap = Bar(
        x, frame.y(top), width, frame.y(bottom) - frame.y(top), "bar-over" if confidence > right else "bar-under", text
    )
    return [Bar(x, frame.y(right), width, frame.y(0) - frame.y(right), "bar-1", text), gap]


def _widest(bins: Sequence[tuple[int, int, float, float]]) -> str:
    _, count, confidence, right = max(bins, key=lambda found: found[1])
    return f"Most answers ({count}) have a confidence around {confidence:.0%}; {right:.0%} of them are right."


def _curve(frame: Frame, xs: np.ndarray, ys: np.ndarray, name: str, style: str) -> Curve:
    known = np.isfinite(ys)
    points = [(frame.x(x), frame.y(y), f"{name} {y:.4g} at {x:g}") for x, y in zip(xs[known], ys[known], strict=True)]
    return Curve(name, style, plots.path(frame, xs[known], ys[known]), tuple(points))


def _phases(frame: Frame, table: pd.DataFrame) -> tuple[Bar, ...]:
    runs = [
        (name, [epoch for epoch, _ in rows])
        for name, rows in groupby(zip(table["epoch"], table["phase"], strict=True), key=lambda row: row[1])
    ]
    low, high = frame.x_range
    height = frame.height - frame.top - frame.bottom
    bands = []
    for number, (name, epochs) in enumerate(runs):
        left, right = frame.x(max(low, epochs[0] - 0.5)), frame.x(min(high, epochs[-1] + 0.5))
        bands.append(Bar(left, frame.top, right - left, height, f"band-{number % 2}", str(name)))
    return tuple(bands)


def _room(epochs: np.ndarray) -> tuple[float, float]:
    return (float(epochs[0]) - 0.5, float(epochs[-1]) + 0.5) if len(epochs) else (0.0, 1.0)


def _range(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (0.0, float(known.max()) * 1.05 or 1.0) if known.size else (0.0, 1.0)
