"""One recommendation out of the standings, with its rule."""

from dataclasses import dataclass

from transfer.selection.cells import Size
from transfer.selection.standings import Difference, Standing, Standings
from transfer.selection.tournament import Tournament

RULE = (
    "At the largest size, of all that are not significantly worse than the most accurate, the one that trains in the "
    "least time."
)


@dataclass(frozen=True)
class Recommendation:
    """What to use, why, and, if there is one, a smaller size whose best is not significantly worse."""

    row: Standing
    best: Standing
    smaller: Standing | None
    difference: Difference | None

    def sentence(self) -> str:
        """Return the recommendation in words."""
        return f"Use {self.row.name}: {_why(self.row, self.best)}.{self._remark()}"

    def _remark(self) -> str:
        if self.smaller is None or self.difference is None:
            return ""
        points, (low, high) = 100 * self.difference.points, (100 * value for value in self.difference.interval)
        return (
            f" {size_in_words(self.smaller.entry.size, capital=True)} already reach that: {self.smaller.name} is not "
            f"significantly worse (p = {self.difference.p_adjusted:.2g}; difference {points:+.1f} points, "
            f"between {low:+.1f} and {high:+.1f})."
        )


def recommend(tournament: Tournament, standings: Standings) -> Recommendation:
    """Apply the rule."""
    candidates = standings.of_size(tournament.largest)
    row = min((row for row in candidates if row.good), key=lambda row: row.entry.seconds)
    best = standings.best_of(tournament.largest)
    smaller = [standings.best_of(size) for size in tournament.sizes[:-1]]
    for found, difference in zip(smaller, standings.differences(row, smaller), strict=True):
        if difference.points >= 0 or difference.p_adjusted >= standings.statistics.significance:
            return Recommendation(row, best, found, difference)
    return Recommendation(row, best, None, None)


def size_in_words(size: Size, *, capital: bool = False) -> str:
    """Return a size for a sentence."""
    words = "all training images" if size == "all" else f"{size} training images per class"
    return words[:1].upper() + words[1:] if capital else words


def _why(row: Standing, best: Standing) -> str:
    reached = f"{row.accuracy:.2%} of the test images right with {size_in_words(row.entry.size)}"
    if row is best:
        return f"{reached}, the best result, and nothing as good trains in less than its {row.entry.seconds:.0f} s"
    assert row.to_best is not None
    return (
        f"{reached} in {row.entry.seconds:.0f} s, not significantly worse than the best, {best.name}, with "
        f"{best.accuracy:.2%} in {best.entry.seconds:.0f} s (p = {row.to_best.p_adjusted:.2g})"
    )
