"""What two values that should be equal differ by, and what may be overlooked."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tolerance:
    """Numbers are equal within `absolute` + `relative` * |recorded|, as in numpy.isclose."""

    absolute: float
    relative: float

    def allows(self, recorded: float) -> float:
        """Return how far from `recorded` a number may be."""
        return self.absolute + self.relative * abs(recorded)


@dataclass(frozen=True)
class Rules:
    """What counts as equal where bytes differ.

    `digests` has, for each file that differs within the tolerance, the digest that it has now by the recorded one:
    where another file repeats the recorded one, as in a list of checksums, the new one is no difference of its own.
    """

    tensors: Tolerance
    numbers: Tolerance
    pixels: Tolerance
    digests: Mapping[str, str] = field(default_factory=dict)

    def with_new_digests(self, text: str) -> str:
        """Return a recorded text as it would be with the digests of now."""
        for old, new in self.digests.items():
            if old in text:
                text = text.replace(old, new)
        return text


@dataclass(frozen=True)
class Difference:
    """The largest difference in one place. `excess` is its size in terms of what is tolerated: up to 1 is tolerated."""

    where: str
    recorded: str
    found: str
    excess: float = math.inf
    amount: float | None = None

    @property
    def tolerated(self) -> bool:
        """Whether params.yaml calls this equal."""
        return self.excess <= 1

    def __str__(self) -> str:
        by = f", by {self.amount:.3g}" if self.amount is not None and math.isfinite(self.amount) else ""
        return f"{self.where}: recorded {self.recorded}, found {self.found}{by}"


def of_numbers(recorded: float, found: float, tolerance: Tolerance, where: str) -> Difference | None:
    """Compare two numbers; NaN equals NaN."""
    if recorded == found or (math.isnan(recorded) and math.isnan(found)):
        return None
    amount = abs(found - recorded)
    allowed = tolerance.allows(recorded)
    excess = amount / allowed if allowed and math.isfinite(amount) and math.isfinite(recorded) else math.inf
    return Difference(where, f"{recorded:.9g}", f"{found:.9g}", excess, amount)


def largest(differences: Iterable[Difference]) -> Difference | None:
    """Return what is furthest beyond the tolerance; of several that cannot be measured, the first."""
    return max(differences, key=lambda difference: difference.excess, default=None)
