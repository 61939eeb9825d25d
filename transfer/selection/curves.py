"""Validation accuracy over epochs: one line per entry, a band over its seeds."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from transfer.selection.recommendation import size_in_words
from transfer.selection.style import Looks, in_percent, legend_below, looks, save
from transfer.selection.tournament import Entry, Tournament

COLUMNS = 3


def learning_curves(path: Path, tournament: Tournament) -> None:
    """Draw one panel per size. Lines end where the first seed stopped; a strategy of one epoch is a point."""
    columns = min(len(tournament.sizes), COLUMNS)
    lines = -(-len(tournament.sizes) // columns)
    figure = Figure(figsize=(1.2 + 4.2 * columns, 1.2 + 3.3 * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    style = looks(tournament)
    for axes, size in zip(grid.flat, tournament.sizes, strict=False):
        for entry in tournament.of_size(size):
            _curve(axes, entry, style)
        axes.set(xlabel="epoch", title=size_in_words(size, capital=True))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        in_percent(axes)
    for axes in grid.flat[len(tournament.sizes) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel("validation accuracy")
    num_seeds = len(tournament.seeds)
    title = "Validation accuracy over epochs"
    figure.suptitle(title if num_seeds == 1 else f"{title}:\nmean, lowest and highest of {num_seeds} seeds")
    legend_below(figure, list(grid.flat))
    save(figure, path)


def _curve(axes: Axes, entry: Entry, style: Looks) -> None:
    length = min(len(result.history) for result in entry.results)
    if length == 0:
        return
    epochs = [epoch["epoch"] for epoch in entry.results[0].history[:length]]
    values = np.array([[epoch["val_accuracy"] for epoch in r.history[:length]] for r in entry.results], dtype=float)
    look = style.of(entry)
    axes.plot(epochs, values.mean(0), label=style.label(entry), markersize=4, markevery=_every(length), **look)
    axes.fill_between(epochs, values.min(0), values.max(0), color=look["color"], alpha=0.15, linewidth=0)


def _every(length: int) -> int:
    return max(length // 8, 1)
