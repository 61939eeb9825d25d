"""The measures of a classifier as a page of plain text: per class, in all, and how far chance could have moved them."""

import math
from collections.abc import Iterable
from typing import Any

# Of the normal distribution: 95 % lie within so many standard deviations.
Z_95 = 1.959963984540054
COLUMNS = ("precision", "recall", "f1", "support", "right", "95 % interval of the share right")


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share of which `right` of `count` were seen; 0 to 1 for none at all.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
    """
    if count == 0:
        return 0.0, 1.0
    share, square = right / count, Z_95**2 / count
    centre = share + square / 2
    half = Z_95 * math.sqrt(share * (1 - share) / count + square / (4 * count))
    # Rounding must not lead out of 0 to 1.
    return max(0.0, (centre - half) / (1 + square)), min(1.0, (centre + half) / (1 + square))


def text(metrics: dict[str, Any]) -> str:
    """Lay out what `classification.metrics` returned, with `test_time` of `test_time_gain.measure`, as a table.

    A class's share right is its recall. The interval takes pictures for independent; those of one surface are less.
    """
    classes: dict[str, dict[str, Any]] = metrics["per_class"]
    right = {name: round(values["recall"] * values["support"]) for name, values in classes.items()}
    rows = [_row(name, values, right[name], values["support"]) for name, values in classes.items()]
    count = metrics["num_images"]
    means = {key: sum(c[key] for c in classes.values()) / len(classes) for key in ("precision", "recall")}
    overall = _row("all (mean over classes)", {**means, "f1": metrics["macro_f1"]}, sum(right.values()), count)
    table = _aligned([("class", *COLUMNS), *rows, overall])
    rule = "-" * len(table[0])
    low, high = wilson_interval(sum(right.values()), count)
    closing = [
        f"accuracy {metrics['accuracy']:.2%} of {count} pictures, 95 % interval {low:.2%} to {high:.2%} (Wilson)",
        f"expected calibration error {metrics['ece']:.4f}",
        _test_time(metrics["test_time"]),
    ]
    return "\n".join([table[0], rule, *table[1:-1], rule, table[-1], "", *closing]) + "\n"


def _row(name: str, values: dict[str, Any], right: int, count: int) -> tuple[str, ...]:
    low, high = wilson_interval(right, count)
    ratios = (f"{values[key]:.4f}" for key in ("precision", "recall", "f1"))
    return (name, *ratios, str(count), str(right), f"{low:.4f} to {high:.4f}")


def _aligned(rows: Iterable[tuple[str, ...]]) -> list[str]:
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def _test_time(measured: dict[str, Any]) -> str:
    if measured["views"] == "none":
        return "test-time augmentation: none"
    return (
        f"test-time augmentation ({measured['views']}): accuracy {measured['accuracy']:.2%}, gain "
        f"{measured['gain']:+.2%}; {measured['turned_right']} turned right, {measured['turned_wrong']} turned wrong"
    )
