"""The standings of a tournament: what each entry reached and took, and how it compares with the best of its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from transfer.selection import intervals, paired
from transfer.selection.cells import Size
from transfer.selection.tournament import Entry, Tournament

Interval = tuple[float, float]


@dataclass(frozen=True)
class Statistics:
    """`confidence` of all intervals, `significance` of all tests, and how the bootstrap draws."""

    confidence: float
    significance: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class Difference:
    """Accuracy of one entry less that of another, with the bootstrap's interval and the paired test's p-value."""

    points: float
    interval: Interval
    p_value: float
    p_adjusted: float


@dataclass(frozen=True)
class Standing:
    """One entry. `to_best` is None for the best of its size itself."""

    entry: Entry
    accuracy: float
    over_seeds: Interval | None
    pooled: Interval
    to_best: Difference | None
    verdict: Literal["best", "not worse", "worse"]

    @property
    def name(self) -> str:
        """What people call it; the size is said elsewhere."""
        return f"{self.entry.strategy} on {self.entry.backbone}"

    @property
    def good(self) -> bool:
        """Whether nothing is significantly better."""
        return self.verdict != "worse"


@dataclass(frozen=True)
class Standings:
    """All entries in the order of the tournament, and the draws of the bootstrap, [resamples, entries]."""

    rows: tuple[Standing, ...]
    draws: np.ndarray
    statistics: Statistics

    def of_size(self, size: Size) -> list[Standing]:
        """Return the entries of one size."""
        return [row for row in self.rows if row.entry.size == size]

    def best_of(self, size: Size) -> Standing:
        """Return the best of one size."""
        return next(row for row in self.of_size(size) if row.verdict == "best")

    def differences(self, row: Standing, others: Sequence[Standing]) -> list[Difference]:
        """Compare each of `others` with `row`; p-values are adjusted for the number of others."""
        entries = [standing.entry for standing in self.rows]
        return _differences(
            entries, self.draws, entries.index(row.entry), [entries.index(o.entry) for o in others], self.statistics
        )


def build(tournament: Tournament, statistics: Statistics) -> Standings:
    """Compute all standings."""
    entries = tournament.entries
    correct = np.stack([entry.correct for entry in entries])
    draws = intervals.bootstrap_means(correct, resamples=statistics.resamples, seed=statistics.seed)
    compared = _compared(tournament, draws, statistics)
    rows = [
        _standing(entry, draws[:, index], compared[index], statistics=statistics) for index, entry in enumerate(entries)
    ]
    return Standings(tuple(rows), draws, statistics)


def best(entries: Sequence[Entry]) -> Entry:
    """Return the most accurate entry, of several the fastest."""
    return min(entries, key=lambda entry: (-entry.accuracies.mean(), entry.seconds))


def _compared(tournament: Tournament, draws: np.ndarray, statistics: Statistics) -> list[Difference | None]:
    found: list[Difference | None] = [None] * len(tournament.entries)
    for size in tournament.sizes:
        indices = [index for index, entry in enumerate(tournament.entries) if entry.size == size]
        top = tournament.entries.index(best(tournament.of_size(size)))
        others = [index for index in indices if index != top]
        for index, difference in zip(
            others, _differences(tournament.entries, draws, top, others, statistics), strict=True
        ):
            found[index] = difference
    return found


def _differences(
    entries: Sequence[Entry], draws: np.ndarray, reference: int, others: Sequence[int], statistics: Statistics
) -> list[Difference]:
    p_values = [paired.sign_flip(entries[reference].correct, entries[other].correct) for other in others]
    return [
        Difference(
            points=float(entries[other].accuracies.mean() - entries[reference].accuracies.mean()),
            interval=intervals.percentile(draws[:, other] - draws[:, reference], confidence=statistics.confidence),
            p_value=p_value,
            p_adjusted=p_adjusted,
        )
        for other, p_value, p_adjusted in zip(others, p_values, paired.holm(p_values), strict=True)
    ]


def _standing(entry: Entry, draws: np.ndarray, to_best: Difference | None, *, statistics: Statistics) -> Standing:
    verdict: Literal["best", "not worse", "worse"] = "best"
    if to_best is not None:
        verdict = "worse" if to_best.p_adjusted < statistics.significance else "not worse"
    return Standing(
        entry,
        accuracy=float(entry.accuracies.mean()),
        over_seeds=intervals.over_seeds(entry.accuracies, confidence=statistics.confidence),
        pooled=intervals.pooled(draws, entry.correct, confidence=statistics.confidence),
        to_best=to_best,
        verdict=verdict,
    )
