"""One look per entry in all pictures: colours that colour-blind eyes can tell apart, and markers for grey paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter, PercentFormatter

from transfer.selection.tournament import Entry, Tournament

matplotlib.use("agg")
# Okabe and Ito's palette without its yellow, which is hard to see on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = "osD^vPX*<>"
LINES = ("-", "--", ":", "-.")
GREY = "#666666"


@dataclass(frozen=True)
class Looks:
    """A colour and a marker per strategy, a kind of line per backbone; all repeat when they run out."""

    strategies: tuple[str, ...]
    backbones: tuple[str, ...]

    def of(self, entry: Entry) -> dict[str, Any]:
        """Return what matplotlib draws this entry with."""
        strategy, backbone = self.strategies.index(entry.strategy), self.backbones.index(entry.backbone)
        return {
            "color": COLOURS[strategy % len(COLOURS)],
            "marker": MARKERS[strategy % len(MARKERS)],
            "linestyle": LINES[backbone % len(LINES)],
            "fillstyle": "full" if backbone == 0 else "none",
        }

    def label(self, entry: Entry) -> str:
        """Return the entry's name in legends; the backbone only if there are several."""
        return entry.strategy if len(self.backbones) == 1 else f"{entry.strategy} on {entry.backbone}"


def looks(tournament: Tournament) -> Looks:
    """Return the looks of all entries."""
    entries = tournament.entries
    return Looks(tuple(dict.fromkeys(e.strategy for e in entries)), tuple(dict.fromkeys(e.backbone for e in entries)))


def in_percent(axes: Axes) -> None:
    """Show the shares of the y axis in per cent, and a light grid."""
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def log_ticks(axes: Axes, places: Sequence[float]) -> None:
    """Make the x axis logarithmic, with some room around the places and few, readable ticks ("20", "5 k", "1 M")."""
    low, high = min(places), max(places)
    axes.set_xscale("log")
    axes.set_xlim(low / max((high / low) ** 0.08, 2.2), high * max((high / low) ** 0.08, 2.2))
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 50 * low else (1.0,)))
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())


def legend_below(figure: Figure, axes: Sequence[Axes]) -> None:
    """Put one legend for all axes under them."""
    found = {label: handle for one in axes for handle, label in zip(*one.get_legend_handles_labels(), strict=True)}
    figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=min(len(found), 3), frameon=False)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG that depends on the drawing alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
