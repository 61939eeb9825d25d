"""Charts of a data set as SVG text: no script, no font file, colors from the page that holds them."""

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

BAR = 22
LABEL = 190
LENGTH = 340
PLOT = 300
MOST_POINTS = 1500


def bars(counts: Mapping[str, int], *, unit: str) -> str:
    """Draw one horizontal bar per name, in the order given."""
    largest = max([1, *counts.values()])
    rows = [_bar(number, name, count, largest) for number, (name, count) in enumerate(counts.items())]
    size = f'viewBox="0 0 {LABEL + LENGTH + 80} {BAR * max(1, len(rows)) + 4}"'
    return f'<svg {size} role="img" aria-label="{escape(unit)} per class">{"".join(rows)}</svg>'


def box_sizes(boxes: pd.DataFrame, categories: tuple[str, ...], *, longest: float) -> str:
    """Draw width against height of every box, in pixels; of very many, an even sample."""
    rows = np.unique(np.linspace(0, len(boxes) - 1, min(len(boxes), MOST_POINTS)).round().astype(int))
    sample = boxes.iloc[rows]
    scale = PLOT / max(longest, 1)
    widths = (sample["x_max"] - sample["x_min"]).clip(0, longest) * scale
    heights = (sample["y_max"] - sample["y_min"]).clip(0, longest) * scale
    hues = sample["category"].map({name: 360 * number // len(categories) for number, name in enumerate(categories)})
    dots = [
        f'<circle cx="{40 + x:.1f}" cy="{10 + PLOT - y:.1f}" r="3" fill="hsl({int(hue)} 65% 50%)" fill-opacity=".55"/>'
        for x, y, hue in zip(widths, heights, hues.fillna(0), strict=True)
    ]
    size = f'viewBox="0 0 {PLOT + 60} {PLOT + 50}"'
    return f'<svg class="square" {size} role="img" aria-label="box sizes">{_axes(longest)}{"".join(dots)}</svg>'


def legend(categories: tuple[str, ...]) -> str:
    """Name the color of each category in `box_sizes`."""
    hues = {name: 360 * number // len(categories) for number, name in enumerate(categories)}
    swatch = '<span class="key"><span class="swatch" style="background:hsl({} 65% 50%)"></span>{}</span>'
    return " ".join(swatch.format(hue, escape(name)) for name, hue in hues.items())


def _bar(number: int, name: str, count: int, largest: int) -> str:
    top = number * BAR + 2
    width = max(1.0, LENGTH * count / largest)
    label = name if len(name) <= 28 else name[:27] + "…"
    return (
        f'<text class="ink" x="{LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>'
        f'<rect class="bar" x="{LABEL}" y="{top + 2}" width="{width:.1f}" height="{BAR - 6}" rx="2"/>'
        f'<text class="ink" x="{LABEL + width + 6:.1f}" y="{top + 14}">{count:,}</text>'
    )


def _axes(longest: float) -> str:
    marks = [(PLOT * share, f"{longest * share:.0f}</text>") for share in (0, 0.5, 1)]
    ticks = [
        f'<text class="ink" x="{40 + place:.0f}" y="{PLOT + 26}" text-anchor="middle">{mark}'
        f'<text class="ink" x="34" y="{14 + PLOT - place:.0f}" text-anchor="end">{mark}'
        for place, mark in marks
    ]
    frame = f'<rect class="frame" x="40" y="10" width="{PLOT}" height="{PLOT}"/>'
    place = f'x="{40 + PLOT / 2:.0f}" y="{PLOT + 44}"'
    name = f'<text class="ink" {place} text-anchor="middle">width across, height up</text>'
    return frame + "".join(ticks) + name
