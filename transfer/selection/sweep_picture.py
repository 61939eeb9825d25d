"""Validation accuracy against the learning rate, with the rates that forget and those that hardly train marked."""

from pathlib import Path

from matplotlib.figure import Figure

from transfer.selection.style import COLOURS, GREY, in_percent, legend_below, save
from transfer.selection.sweep import Judgement, Sweep

MARKS: dict[Judgement, tuple[str, str]] = {"forgetting": ("X", COLOURS[1]), "under-training": ("v", COLOURS[3])}


def learning_rates(path: Path, sweep: Sweep) -> None:
    """Draw best and last epoch of each rate, the start, and what each rate is judged to be."""
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.subplots()
    rates = [rate.learning_rate for rate in sweep.rates]
    axes.plot(rates, [rate.best for rate in sweep.rates], color=COLOURS[0], marker="o", linewidth=3, label="best epoch")
    axes.plot(
        rates, [rate.last for rate in sweep.rates], color=COLOURS[2], marker="s", linestyle="--", label="last epoch"
    )
    axes.vlines(
        rates, [rate.lowest for rate in sweep.rates], [rate.best for rate in sweep.rates], color="#bbbbbb", zorder=1
    )
    axes.plot(rates, [rate.lowest for rate in sweep.rates], "_", color=GREY, markersize=10, label="lowest epoch")
    axes.axhline(sweep.start, color=GREY, linestyle=":", label="start")
    for judgement, (marker, colour) in MARKS.items():
        found = [rate for rate in sweep.rates if rate.judgement == judgement]
        if found:
            # Where it shows: the fall below the start, or how low the best stays.
            values = [rate.lowest if judgement == "forgetting" else rate.best for rate in found]
            axes.plot(
                [rate.learning_rate for rate in found],
                values,
                marker,
                color=colour,
                markersize=13,
                zorder=4,
                label=judgement,
            )
    axes.set_xscale("log")
    axes.set(xlabel="learning rate (log)", ylabel="validation accuracy", title=f"Learning rates of {sweep.strategy}")
    in_percent(axes)
    legend_below(figure, [axes])
    save(figure, path)
