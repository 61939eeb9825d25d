"""Pictures with what speaks, in them, for the classifier's answer and for the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

matplotlib.use("agg")
BLOCKS = 2
PANELS = 3
# Dark to light, the same for the colour-blind and in print.
COLOURS = "inferno"


@dataclass(frozen=True)
class Case:
    """One picture uint8 [size, size, 3] with two maps [h, w] of one unit; each with the words above it."""

    picture: np.ndarray
    caption: str
    first: np.ndarray
    first_caption: str
    second: np.ndarray
    second_caption: str


def draw(path: Path, cases: Sequence[Case], *, title: str) -> None:
    """Draw the cases in two columns, three panels each: the picture, and both maps over it on one scale."""
    lines = -(-len(cases) // BLOCKS)
    figure = Figure(figsize=(14.4, 1.4 + 2.75 * lines), layout="constrained")
    figure.suptitle(title, fontsize=17)
    # Between the blocks stands an empty column.
    widths = ([1.0] * PANELS + [0.1]) * BLOCKS
    grid = figure.subplots(lines, len(widths) - 1, squeeze=False, width_ratios=widths[:-1])
    for axes in grid.flat:
        axes.set_axis_off()
    for index, case in enumerate(cases):
        line, block = divmod(index, BLOCKS)
        panels = grid[line, block * (PANELS + 1) :]
        panels[0].imshow(case.picture)
        panels[0].set_title(case.caption, fontsize=14)
        highest = max(float(case.first.max()), float(case.second.max()))
        _heat(panels[1], case.picture, case.first, highest, case.first_caption)
        _heat(panels[2], case.picture, case.second, highest, case.second_caption)
    colours = ScalarMappable(Normalize(0, 1), COLOURS)
    bar = figure.colorbar(colours, ax=grid, location="bottom", fraction=0.04, aspect=80, pad=0.015)
    bar.ax.tick_params(labelsize=13)
    bar.set_label("what speaks for the class, 1: the most in either map of a picture", fontsize=14)
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _heat(axes: Axes, picture: np.ndarray, heat: np.ndarray, highest: float, caption: str) -> None:
    size = picture.shape[0]
    axes.imshow(picture.mean(2), cmap="gray", vmin=0, vmax=255)
    shares = heat / highest if highest > 0 else heat
    axes.imshow(
        shares,
        cmap=COLOURS,
        vmin=0,
        vmax=1,
        alpha=0.6,
        interpolation="bilinear",
        extent=(-0.5, size - 0.5, size - 0.5, -0.5),
    )
    axes.set_title(caption if heat.any() else f"{caption}: nothing", fontsize=14)
