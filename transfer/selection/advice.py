"""From what was measured and the decision table: which rule holds, what it advises, and which rules are next to it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import hypot, inf, log10, sqrt
from typing import Any

from transfer.selection import decision_table
from transfer.selection.decision_table import Rule
from transfer.selection.situation import Measured


@dataclass(frozen=True)
class Boundary:
    """Where another rule begins: `value` images per class, or distance, and whether it begins above or below."""

    axis: str
    value: float
    above: bool
    rule: Rule


@dataclass(frozen=True)
class Advice:
    """The rule that holds, its neighbours, the nearest first, and the names of the strategies worth comparing."""

    measured: Measured
    rule: Rule
    boundaries: tuple[Boundary, ...]
    strategies: tuple[str, ...]

    def comparison(self) -> str:
        """Return the command that tries the strategies."""
        return f"transferline run compare --set 'selection.strategies=[{', '.join(self.strategies)}]'"

    def facts(self) -> dict[str, Any]:
        """Return what a program wants to know, ready for JSON."""
        return {
            "rule": self.rule.rule,
            "strategy": self.rule.strategy,
            "learning_rate": self.rule.learning_rate,
            "decay": self.rule.decay,
            "backbones": list(self.rule.backbones),
            "source": self.rule.source,
            "compare": self.comparison(),
            "measured": {**asdict(self.measured), "distance": self.measured.distance},
            "boundaries": [
                {"axis": b.axis, "value": b.value, "above": b.above, "rule": b.rule.rule, "strategy": b.rule.strategy}
                for b in self.boundaries
            ],
        }


def boundaries(rules: Sequence[Rule], rule: Rule, measured: Measured) -> list[Boundary]:
    """Return where the neighbouring rules begin, the nearest on the map first."""
    images, distance = measured.images_per_class, measured.distance
    sides = [
        ("images", rule.images_from, False, (rule.images_from - 0.5, distance)),
        ("images", rule.images_to, True, (rule.images_to, distance)),
        ("distance", rule.distance_from, False, (images, rule.distance_from - 1e-9)),
        ("distance", rule.distance_to, True, (images, rule.distance_to)),
    ]
    ends = {("images", 1.0), ("images", inf), ("distance", 0.0), ("distance", 1.0)}
    found = [
        Boundary(axis, value, above, decision_table.find(rules, *beyond))
        for axis, value, above, beyond in sides
        if (axis, value) not in ends
    ]
    return sorted(found, key=lambda boundary: _steps(boundary, images, distance))


def place(images: float, distance: float) -> tuple[float, float]:
    """Return the coordinates on the map: decades of images, and the root of the distance, which spreads near ones."""
    return log10(images), sqrt(distance)


def strategies_to_compare(rule: Rule, around: Sequence[Boundary], measured: Measured) -> list[str]:
    """Name the rule's strategy, those of its neighbours, the nearest first, and the linear probe, which is free."""
    own = [] if measured.transfers else ["scratch"]
    return list(dict.fromkeys([rule.strategy, *own, *(boundary.rule.strategy for boundary in around), "linear_probe"]))


def advise(measured: Measured, rules: Sequence[Rule]) -> Advice:
    """Find the rule that holds, and what is around it."""
    rule = decision_table.find(rules, measured.images_per_class, measured.distance)
    around = boundaries(rules, rule, measured)
    names = strategies_to_compare(rule, around, measured)
    return Advice(measured, rule, tuple(around), tuple(names))


def _steps(boundary: Boundary, images: float, distance: float) -> float:
    here = place(images, distance)
    there = place(boundary.value, distance) if boundary.axis == "images" else place(images, boundary.value)
    return hypot(there[0] - here[0], there[1] - here[1])
