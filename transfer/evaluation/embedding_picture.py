"""Features before and after fine-tuning, side by side in the plane."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

matplotlib.use("agg")
# Okabe and Ito's colours, which the colour-blind can tell apart; shapes tell on where there are more classes.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
SHAPES = "os^DvPX*"


def draw(path: Path, planes: Mapping[str, np.ndarray], labels: np.ndarray, *, names: Sequence[str], title: str) -> None:
    """Draw one plane (float [n, 2]) per title, colours and shapes by class."""
    figure = Figure(figsize=(6 * len(planes), 7), layout="constrained")
    figure.suptitle(title, fontsize=15)
    every = figure.subplots(1, len(planes), squeeze=False)[0]
    for axes, (words, plane) in zip(every, planes.items(), strict=True):
        for index, name in enumerate(names):
            # Shapes change with every class, so that colours need not be told apart; together they last for 64.
            shape = SHAPES[(index + index // len(COLOURS)) % len(SHAPES)]
            points = plane[labels == index]
            colour = COLOURS[index % len(COLOURS)]
            axes.scatter(*points.T, s=42, marker=shape, color=colour, label=name, edgecolors="white", linewidths=0.5)
        axes.set_title(words, fontsize=14)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("t-SNE 1", fontsize=12)
        axes.set_ylabel("t-SNE 2", fontsize=12)
    handles, words_of = every[0].get_legend_handles_labels()
    figure.legend(handles, words_of, loc="outside lower center", ncols=min(6, len(names)), fontsize=12, markerscale=1.5)
    figure.savefig(path, dpi=100, metadata={"Software": None})


def subtitle(name: str, measured: Mapping[str, float | None], *, neighbours: int) -> str:
    """Say beside a plane's name what `embedding.separation` measured among the features themselves."""
    silhouette = measured["silhouette"]
    words = "" if silhouette is None else f", silhouette {silhouette:.2f}"
    accuracy = measured["neighbour_accuracy"]
    return f"{name} fine-tuning\nby {neighbours} neighbours {accuracy:.1%} right{words}"
