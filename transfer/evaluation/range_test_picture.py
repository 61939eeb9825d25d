"""The learning-rate range test as a picture: loss over rate, with the suggested rates marked."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

matplotlib.use("agg")
# Okabe and Ito's colours, which the colour-blind can tell apart.
SMOOTHED, CHOSEN, OTHER = "#0072B2", "#D55E00", "#009E73"
RULES = {"steepest": "steepest fall", "minimum_tenth": "minimum / 10"}


def draw(path: Path, curve: pd.DataFrame, *, suggestions: Mapping[str, float], rule: str, title: str) -> None:
    """Draw the columns rate, loss and smoothed_loss, and a line at the rate of each rule; that of `rule` stands out."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve["rate"], curve["loss"], color="0.75", linewidth=1, label="loss of each batch")
    axes.plot(curve["rate"], curve["smoothed_loss"], color=SMOOTHED, linewidth=2.5, label="smoothed")
    for name, rate in sorted(suggestions.items(), key=lambda item: item[0] == rule):
        words = f"{RULES[name]}: {rate:.1e}"
        style = {"color": CHOSEN, "linewidth": 2.5} if name == rule else {"color": OTHER, "linestyle": "--"}
        axes.axvline(rate, label=f"{words} (suggested)" if name == rule else words, **style)
    smoothed = curve["smoothed_loss"]
    # A diverged loss would press everything else to the bottom.
    top = min(curve["loss"].max(), 1.6 * smoothed.iloc[: int(smoothed.argmin()) + 1].max())
    axes.set_ylim(0.9 * min(smoothed.min(), curve["loss"].quantile(0.02)), 1.05 * top)
    axes.set_xscale("log")
    axes.set_xlabel("learning rate of the head", fontsize=13)
    axes.set_ylabel("training loss", fontsize=13)
    axes.set_title(title, fontsize=13)
    axes.tick_params(labelsize=12)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=12)
    figure.savefig(path, dpi=110, metadata={"Software": None})
