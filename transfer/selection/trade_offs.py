"""What accuracy costs: in training images, in parameters, in time."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from transfer.selection.recommendation import Recommendation, size_in_words
from transfer.selection.standings import Standing, Standings
from transfer.selection.style import GREY, Looks, in_percent, legend_below, log_ticks, looks, save
from transfer.selection.tournament import Entry, Tournament


def accuracy_by_size(path: Path, tournament: Tournament, standings: Standings) -> None:
    """Draw test accuracy against training images, with intervals over seeds; the best at the largest size in bold."""
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.subplots()
    style = looks(tournament)
    champion = standings.best_of(tournament.largest).entry
    images, what = _training_images(tournament)
    spread = 1.0
    for rows in _by_entry(standings):
        bold = (rows[0].entry.strategy, rows[0].entry.backbone) == (champion.strategy, champion.backbone)
        # A little apart, or the intervals would hide each other.
        places = [images(row.entry) * spread for row in rows]
        spread *= 1.02
        axes.errorbar(
            places,
            [row.accuracy for row in rows],
            yerr=_error_bars(rows),
            label=style.label(rows[0].entry) + (" (best at the largest size)" if bold else ""),
            linewidth=2.6 if bold else 1.1,
            zorder=3 if bold else 2,
            capsize=3,
            **style.of(rows[0].entry),
        )
    axes.set_xscale("log")
    ticks = sorted({images(entry) for entry in tournament.entries})
    axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axes.xaxis.set_minor_formatter(NullFormatter())
    interval = "" if len(tournament.seeds) == 1 else f", {standings.statistics.confidence:.0%} interval over seeds"
    axes.set(xlabel=f"{what} (log)", ylabel=f"test accuracy{interval}", title="Accuracy against training images")
    in_percent(axes)
    legend_below(figure, [axes])
    save(figure, path)


def accuracy_by_parameters(path: Path, tournament: Tournament, standings: Standings) -> None:
    """Draw test accuracy at the largest size against the parameters that train and against all of them."""
    figure = Figure(figsize=(9.5, 5.0), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    rows, style = standings.of_size(tournament.largest), looks(tournament)
    _scatter(panels[0], rows, style, place=_apart(rows, _trainable))
    _scatter(panels[1], rows, style, place=_apart(rows, _total))
    panels[0].set_xlabel("trainable parameters (log)")
    panels[1].set_xlabel("all parameters (log)")
    panels[0].set_ylabel("test accuracy")
    figure.suptitle(f"Accuracy against model size, with {size_in_words(tournament.largest)}")
    legend_below(figure, panels)
    save(figure, path)


def accuracy_by_cost(path: Path, tournament: Tournament, standings: Standings, *, recommended: Recommendation) -> None:
    """Draw test accuracy at the largest size against seconds; a ring marks the recommended entry."""
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.subplots()
    _scatter(axes, standings.of_size(tournament.largest), looks(tournament), place=lambda row: row.entry.seconds)
    row = recommended.row
    axes.plot(
        row.entry.seconds,
        row.accuracy,
        marker="o",
        markersize=20,
        markerfacecolor="none",
        markeredgecolor=GREY,
        markeredgewidth=1.5,
        linestyle="none",
        label="recommended",
    )
    axes.set(
        xlabel="seconds of training (log)",
        ylabel="test accuracy",
        title=f"Accuracy against training time, with {size_in_words(tournament.largest)}",
    )
    legend_below(figure, [axes])
    save(figure, path)


def _scatter(axes: Axes, rows: Sequence[Standing], style: Looks, *, place: Callable[[Standing], float]) -> None:
    for row in rows:
        look = {**style.of(row.entry), "linestyle": "none"}
        bars = _error_bars([row])
        axes.errorbar(
            place(row), row.accuracy, yerr=bars, label=style.label(row.entry), markersize=8, capsize=3, **look
        )
    log_ticks(axes, [place(row) for row in rows])
    in_percent(axes)


def _apart(rows: Sequence[Standing], place: Callable[[Standing], float]) -> Callable[[Standing], float]:
    """Move what would stand on one spot a little apart, on a log axis."""
    return lambda row: place(row) * 1.04 ** (rows.index(row) - (len(rows) - 1) / 2)


def _trainable(row: Standing) -> float:
    # 0 has no place on a log axis.
    return max(row.entry.results[0].trainable_parameters, 1)


def _total(row: Standing) -> float:
    return row.entry.results[0].total_parameters


def _error_bars(rows: Sequence[Standing]) -> np.ndarray | None:
    """Return lengths below and above, [2, rows]; None with a single seed."""
    intervals = [(row.accuracy, row.over_seeds) for row in rows if row.over_seeds is not None]
    return np.array([(a - low, high - a) for a, (low, high) in intervals]).T if intervals else None


def _by_entry(standings: Standings) -> list[list[Standing]]:
    found: dict[tuple[str, str], list[Standing]] = {}
    for row in standings.rows:
        found.setdefault((row.entry.strategy, row.entry.backbone), []).append(row)
    return list(found.values())


def _training_images(tournament: Tournament) -> tuple[Callable[[Entry], float], str]:
    """Return how many training images an entry had: per class, if a size tells how many classes there are."""

    def count(entry: Entry) -> float:
        return float(np.median([result.num_train_images for result in entry.results]))

    counted = [entry for entry in tournament.entries if entry.size != "all"]
    if not counted:
        return count, "training images"
    num_classes = count(counted[0]) / int(counted[0].size)
    return (lambda entry: count(entry) / num_classes), "training images per class"
