"""Draw how many images of each class are in train, val and test."""

from collections import Counter
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from transfer.data.splitting.splits import SPLITS

COLORS = {"train": "#33658a", "val": "#e0a030", "test": "#a23b3b"}
MOST_CLASSES = 60


def draw(summary: dict[str, Any], path: Path) -> None:
    """Write a PNG with one stacked bar per class, the largest classes first; the same summary gives the same bytes."""
    classes = {name: summary["splits"][name]["classes"] for name in SPLITS}
    totals: Counter[str] = sum((Counter(counts) for counts in classes.values()), Counter())
    names = sorted(totals, key=lambda name: (-totals[name], name))[:MOST_CLASSES]
    figure = Figure(figsize=(8, 1.2 + 0.32 * max(1, len(names))), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    left = [0] * len(names)
    for split in SPLITS:
        counts = [classes[split].get(name, 0) for name in names]
        label = f"{split} ({summary['splits'][split]['images']:,})"
        axes.barh(names, counts, left=left, color=COLORS[split], label=label)
        left = [start + count for start, count in zip(left, counts, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("images")
    title = f"{summary['num_groups']:,} groups, {summary['leaked_share']:.1%} of test linked to train"
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, format="png", metadata={"Software": None})
