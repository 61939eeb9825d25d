"""Draw the decision table as a plane, and where the data set lies on it."""

from collections.abc import Sequence
from math import isinf
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from transfer.selection.advice import place
from transfer.selection.decision_table import Rule
from transfer.selection.situation import Measured

# One colour per strategy, light enough for dark text; Paul Tol's "light" scheme, made for all kinds of eyes.
COLOURS = ("#77aadd", "#99ddff", "#44bb99", "#bbcc33", "#aaaa00", "#eedd88", "#ee8866", "#ffaabb")
MOST_IMAGES = 20_000


def draw(rules: Sequence[Rule], measured: Measured, path: Path) -> None:
    """Write a PNG; the same rules and measures give the same bytes."""
    figure = Figure(figsize=(9, 5.6), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    colours = dict(zip(dict.fromkeys(rule.strategy for rule in rules), COLOURS, strict=False))
    for rule in rules:
        _region(axes, rule, measured, colour=colours[rule.strategy])
    _dot(axes, measured)
    _axes(axes, rules)
    here = f"{measured.images_per_class:g} images per class, similarity {measured.similarity:.1%}"
    axes.set_title(
        f"What published tables advise first\ndot: this data set, {here} (± two standard errors)", fontsize=10
    )
    figure.savefig(path, format="png", metadata={"Software": None})


def _region(axes: Axes, rule: Rule, measured: Measured, *, colour: str) -> None:
    left, top = place(rule.images_from, rule.distance_from)
    right, bottom = place(MOST_IMAGES if isinf(rule.images_to) else rule.images_to, rule.distance_to)
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, facecolor=colour, edgecolor="white", linewidth=2))
    # In the corner that is farther from the dot.
    lower = place(1, measured.distance)[1] < (top + bottom) / 2 and rule.holds(
        measured.images_per_class, measured.distance
    )
    y = bottom - 0.06 if lower else top + 0.02
    name = rule.strategy.replace("_", " ")
    axes.text(left + 0.05, y, name, va="top", fontsize=11, color="#111111", zorder=5)
    axes.text(left + 0.05, y + 0.032, rule.rule, va="top", fontsize=8, color="#333333", zorder=5)


def _dot(axes: Axes, measured: Measured) -> None:
    x, y = place(min(measured.images_per_class, MOST_IMAGES), measured.distance)
    noise = 2 * measured.distance_error
    nearest, farthest = (place(1, min(1, max(0, measured.distance + side * noise)))[1] for side in (-1, 1))
    axes.plot([x, x], [nearest, farthest], color="black", linewidth=2, zorder=3)
    axes.plot([x], [y], "o", markersize=12, color="black", markeredgecolor="white", markeredgewidth=1.8, zorder=4)


def _axes(axes: Axes, rules: Sequence[Rule]) -> None:
    images = sorted({r.images_from for r in rules} | {10.0, MOST_IMAGES})
    distances = sorted({edge for r in rules for edge in (r.distance_from, r.distance_to)} | {0.02, 0.6})
    axes.set_xticks([place(n, 0)[0] for n in images], [f"{n:,.0f}" for n in images])
    axes.set_yticks([place(1, d)[1] for d in distances], [f"{1 - d:.0%}" for d in distances])
    axes.set_xlim(0, place(MOST_IMAGES, 0)[0])
    axes.set_ylim(1, 0)
    axes.set_xlabel("training images per class")
    axes.set_ylabel("measured similarity: how far frozen features go\nfrom chance to perfection")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
