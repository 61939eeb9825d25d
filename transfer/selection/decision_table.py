"""The published decision tables, size by similarity, as rules in one readable file: the prior of the advice."""

import csv
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.errors import DataError


@dataclass(frozen=True)
class Rule:
    """A rectangle of the plane of training images per class and measured distance, and what to do there.

    It holds from `images_from` up to but not `images_to` (inf: no bound), and for distances likewise; the largest
    distance, 1, belongs to it. `learning_rate` is the head's peak, divided by `decay` from each layer group to the
    shallower one; None: the strategy has none. `backbones` are names of the zoo, the smallest first.
    """

    rule: str
    images_from: float
    images_to: float
    distance_from: float
    distance_to: float
    strategy: str
    backbones: tuple[str, ...]
    learning_rate: float | None
    decay: float | None
    note: str
    source: str

    def holds(self, images: float, distance: float) -> bool:
        """Tell whether the point is inside; `distance` is 0..1."""
        within = self.distance_from <= distance < self.distance_to or distance == self.distance_to == 1
        return within and self.images_from <= images < self.images_to


def _number(text: str) -> float:
    return float(text)


def _bound(text: str) -> float:
    return float(text) if text else math.inf


def _optional(text: str) -> float | None:
    return float(text) if text else None


READERS: dict[str, Callable[[str], Any]] = {
    "rule": str,
    "images_from": _number,
    "images_to": _bound,
    "distance_from": _number,
    "distance_to": _number,
    "strategy": str,
    "backbones": lambda text: tuple(text.split()),
    "learning_rate": _optional,
    "decay": _optional,
    "note": str,
    "source": str,
}
MAY_BE_EMPTY = {"images_to", "learning_rate", "decay"}


def read(path: Path) -> tuple[Rule, ...]:
    """Read the rules and see that exactly one holds at each point of the plane.

    Raises:
        DataError: the file is missing, a column is missing or unknown, a value cannot be read, or rules overlap or
            leave a gap; the message names the row or the place.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        msg = f"{path}: not found; it comes with the project, `git checkout {path.as_posix()}` brings it back"
        raise DataError(msg) from error
    if not rows or list(rows[0]) != list(READERS):
        found = ", ".join(map(str, rows[0])) if rows else "no row"
        msg = f"{path}: expected rows with the columns {', '.join(READERS)}; found {found}"
        raise DataError(msg)
    rules = tuple(_rule(row, f"{path}, row {number}") for number, row in enumerate(rows, start=2))
    _check_cover(rules, path)
    return rules


def find(rules: Sequence[Rule], images: float, distance: float) -> Rule:
    """Return the rule that holds at a point: at least one image per class, a distance of 0..1."""
    return next(rule for rule in rules if rule.holds(images, distance))


def _rule(row: dict[str, str], where: str) -> Rule:
    values = {}
    for column, reader in READERS.items():
        text = (row[column] or "").strip()
        try:
            if not text and column not in MAY_BE_EMPTY:
                raise ValueError
            values[column] = reader(text)
        except ValueError as error:
            msg = f"{where}, column {column}: found {text!r}, which cannot be read; expected as in the other rows"
            raise DataError(msg) from error
    return Rule(**values)


def _check_cover(rules: Sequence[Rule], path: Path) -> None:
    images = sorted({1.0, *(edge for rule in rules for edge in (rule.images_from, rule.images_to))} - {math.inf})
    distances = sorted({0.0, 1.0, *(edge for rule in rules for edge in (rule.distance_from, rule.distance_to))})
    # Between two neighbouring edges nothing changes, so that one point of each cell stands for all of it.
    for point in itertools.product(images, distances):
        names = [rule.rule for rule in rules if rule.holds(*point)]
        if len(names) != 1:
            found = f"the rules {', '.join(names)} hold" if names else "no rule holds"
            msg = f"{path}: at {point[0]:g} images per class and distance {point[1]:g} {found}; expected exactly one"
            raise DataError(msg)
