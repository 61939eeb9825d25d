"""The standings as a table for machines, for people and for the console."""

import io
from typing import Any

import numpy as np
import pandas as pd

from transfer.selection.recommendation import Recommendation
from transfer.selection.standings import Standing, Standings
from transfer.selection.sweep import Sweep


def as_row(standing: Standing) -> dict[str, Any]:
    """Return everything that is known of an entry; null where there is none."""
    entry, to_best = standing.entry, standing.to_best
    results, costs = entry.results, entry.costs
    low, high = standing.over_seeds or (None, None)
    return {
        "strategy": entry.strategy,
        "backbone": entry.backbone,
        "size": entry.size,
        "num_train_images": int(np.median([r.num_train_images for r in results])),
        "num_seeds": len(results),
        "accuracy": standing.accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "pooled_low": standing.pooled[0],
        "pooled_high": standing.pooled[1],
        "macro_f1": float(np.mean([r.macro_f1 for r in results])),
        "difference": to_best.points if to_best else None,
        "difference_low": to_best.interval[0] if to_best else None,
        "difference_high": to_best.interval[1] if to_best else None,
        "p_value": to_best.p_value if to_best else None,
        "p_adjusted": to_best.p_adjusted if to_best else None,
        "verdict": standing.verdict,
        "trainable_parameters": results[0].trainable_parameters,
        "total_parameters": results[0].total_parameters,
        "seconds": entry.seconds,
        "peak_memory_mib": float(np.mean([c.peak_memory_mib for c in costs])),
        "epochs": float(np.mean([r.epochs for r in results])),
        "epochs_to_converge": float(np.mean([r.epochs_to_converge for r in results])),
    }


def csv(standings: Standings) -> str:
    """Return one line per entry."""
    text = io.StringIO()
    frame = pd.DataFrame([as_row(row) for row in standings.rows])
    frame.to_csv(text, index=False, lineterminator="\n", float_format="%.6g")
    return text.getvalue()


def as_json(standings: Standings, recommendation: Recommendation, sweep: Sweep) -> dict[str, Any]:
    """Return the standings, the recommendation and the sweep; the numbers at the top are the recommended entry's.

    `dvc metrics show` prints all but the lists, so sentences are left to the report.
    """
    row, statistics = recommendation.row, standings.statistics
    smaller = recommendation.smaller
    return {
        "accuracy": row.accuracy,
        "best_accuracy": recommendation.best.accuracy,
        "seconds": row.entry.seconds,
        "num_entries": len(standings.rows),
        "num_seeds": len(row.entry.results),
        "num_test_images": row.entry.correct.shape[1],
        "recommendation": {
            "strategy": row.entry.strategy,
            "backbone": row.entry.backbone,
            "size": row.entry.size,
            "smaller_size": smaller.entry.size if smaller else None,
        },
        "confidence": statistics.confidence,
        "significance": statistics.significance,
        "entries": [as_row(standing) for standing in standings.rows],
        "sweep": {
            "strategy": sweep.strategy,
            "start": sweep.start,
            "rates": [
                {
                    "learning_rate": rate.learning_rate,
                    "best": rate.best,
                    "last": rate.last,
                    "lowest": rate.lowest,
                    "judgement": rate.judgement,
                }
                for rate in sweep.rates
            ],
        },
    }


HEADERS = ("strategy", "backbone", "per class", "accuracy %", "over seeds", "pooled", "macro F1 %", "p", "")
COST_HEADERS = ("trainable", "seconds", "MiB", "epochs")


def cells_of(standing: Standing) -> list[str]:
    """Return one line of the table for people, under HEADERS and COST_HEADERS."""
    row = as_row(standing)
    p_adjusted = row["p_adjusted"]
    return [
        standing.entry.strategy,
        standing.entry.backbone,
        str(standing.entry.size),
        f"{100 * standing.accuracy:.2f}",
        _interval(standing.over_seeds),
        _interval(standing.pooled),
        f"{100 * row['macro_f1']:.2f}",
        "" if p_adjusted is None else f"{p_adjusted:.2g}",
        standing.verdict,
        f"{row['trainable_parameters']:,}",
        f"{row['seconds']:.1f}",
        f"{row['peak_memory_mib']:,.0f}",
        f"{row['epochs_to_converge']:.3g} of {row['epochs']:.3g}",
    ]


def lines(standings: Standings) -> list[str]:
    """Return the table in columns of even width."""
    table = [[*HEADERS, *COST_HEADERS], *(cells_of(row) for row in standings.rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    aligned = (
        # Names to the left, numbers to the right.
        [
            cell.ljust(width) if index < 2 or index == 8 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in table
    )
    return ["  ".join(line).rstrip() for line in aligned]


def markdown(standings: Standings) -> str:
    """Return the table for a report."""
    headers = [*HEADERS, *COST_HEADERS]
    rule = ["---" if index < 2 or index == 8 else "---:" for index in range(len(headers))]
    rows = [headers, rule, *(cells_of(row) for row in standings.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"
