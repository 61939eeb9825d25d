"""Two models on the same images: is the one that was right more often better, or was it chance?"""

from dataclasses import dataclass

from scipy.stats import beta, binom


@dataclass(frozen=True)
class Pairs:
    """`gained` images were wrong before and are right now, `lost` the other way round, of `count` in all."""

    count: int
    gained: int
    lost: int

    @property
    def change(self) -> float:
        """The change of the share that is right."""
        return (self.gained - self.lost) / self.count if self.count else 0.0


def p_value(pairs: Pairs) -> float:
    """Return the two-sided p-value of McNemar's exact test: how likely so lopsided a split is if neither is better.

    Source: McNemar, Note on the Sampling Error of the Difference Between Correlated Proportions (1947), with the
    binomial distribution in place of its approximation.
    """
    changed = pairs.gained + pairs.lost
    if not changed:
        return 1.0
    return min(1.0, 2 * float(binom.cdf(min(pairs.gained, pairs.lost), changed, 0.5)))


def interval(pairs: Pairs, *, confidence: float) -> tuple[float, float]:
    """Return the ends of an exact interval of `change`, given how many answers changed at all.

    Clopper and Pearson's interval of the share gained among the changed answers, carried over to all images. Where no
    answer changed there is nothing to learn it from, and the interval is a point at 0.
    """
    changed = pairs.gained + pairs.lost
    if not changed:
        return 0.0, 0.0
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, pairs.gained, pairs.lost + 1)) if pairs.gained else 0.0
    high = float(beta.ppf(1 - tail, pairs.gained + 1, pairs.lost)) if pairs.lost else 1.0
    return (2 * low - 1) * changed / pairs.count, (2 * high - 1) * changed / pairs.count
