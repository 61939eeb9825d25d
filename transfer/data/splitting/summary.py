"""Count what a split holds."""

from typing import Any

import numpy as np
import pandas as pd

from transfer.data.splitting import leakage
from transfer.data.splitting.splits import SPLITS, Items


def summarize(images: pd.DataFrame, items: Items, split: np.ndarray, links: pd.DataFrame) -> dict[str, Any]:
    """Count images, groups and classes per split; the leaked share is that of test images linked to a train image."""
    sizes = np.bincount(items.groups) if len(images) else np.zeros(1, dtype=int)
    return {
        "num_images": len(images),
        "num_left_out": int(pd.isna(split).sum()),
        "num_groups": int((sizes > 0).sum()),
        "num_images_in_groups": int(sizes[sizes > 1].sum()),
        "largest_group": int(sizes.max()),
        "num_straddling_groups": _straddling(items.groups, split),
        "leaked_share": leakage.share(images, split, links, into="test"),
        "leaked_share_val": leakage.share(images, split, links, into="val"),
        "splits": {name: _counts(items[split == name]) for name in SPLITS},
    }


def describe(summary: dict[str, Any]) -> str:
    """Return the summary as lines for a terminal."""
    names = sorted({name for counts in summary["splits"].values() for name in counts["classes"]})
    width = max([len("all images"), *(len(name) for name in names)])
    rows = [("all images", [summary["splits"][split]["images"] for split in SPLITS])]
    rows += [(name, [summary["splits"][split]["classes"].get(name, 0) for split in SPLITS]) for name in names]
    head = f"{'':<{width}}" + "".join(f"{split:>9}" for split in SPLITS)
    lines = [f"{name:<{width}}" + "".join(f"{count:>9,}" for count in counts) for name, counts in rows]
    leak = f"{summary['num_groups']:,} groups; {summary['leaked_share']:.1%} of test is linked to a train image"
    return "\n".join([head, *lines, leak])


def _counts(items: Items) -> dict[str, Any]:
    names, counts = np.unique(items.classes.astype(str), return_counts=True)
    return {
        "images": len(items.files),
        "groups": len(np.unique(items.groups)),
        "classes": {name or "(none)": int(count) for name, count in zip(names.tolist(), counts, strict=True)},
    }


def _straddling(groups: np.ndarray, split: np.ndarray) -> int:
    placed = ~pd.isna(split)
    frame = pd.DataFrame({"group": groups[placed], "split": split[placed]})
    return int((frame.groupby("group")["split"].nunique() > 1).sum())
