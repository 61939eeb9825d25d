"""Gather the cells of a tournament: every strategy on every backbone at every size, once per seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from transfer.errors import DataError
from transfer.selection import cells
from transfer.selection.cells import Cell, Cost, Result, Size


@dataclass(frozen=True)
class Entry:
    """What competes at one size: a strategy on a backbone. One result and one cost per seed, in the order of seeds."""

    strategy: str
    backbone: str
    size: Size
    results: tuple[Result, ...]
    costs: tuple[Cost, ...]

    @property
    def accuracies(self) -> np.ndarray:
        """The test accuracy of each seed."""
        return np.asarray(self.correct.mean(axis=1))

    @property
    def correct(self) -> np.ndarray:
        """Whether each answer is right, [seeds, test images], 0 or 1."""
        return np.array([result.correct for result in self.results], dtype=np.int64)

    @property
    def seconds(self) -> float:
        """Mean over the seeds."""
        return float(np.mean([cost.seconds for cost in self.costs]))


@dataclass(frozen=True)
class Tournament:
    """All entries, those of one size together, in the order of the params."""

    entries: tuple[Entry, ...]
    sizes: tuple[Size, ...]
    seeds: tuple[int, ...]
    image_ids: tuple[int, ...]

    def of_size(self, size: Size) -> list[Entry]:
        """Return what competes at this size."""
        return [entry for entry in self.entries if entry.size == size]

    @property
    def largest(self) -> Size:
        """The size with the most training images."""
        return self.sizes[-1]


def read(
    folder: Path, *, strategies: Sequence[str], backbones: Sequence[str], sizes: Sequence[Size], seeds: Sequence[int]
) -> Tournament:
    """Read exactly the cells that are named, whatever else lies in the folder.

    Raises:
        DataError: a cell is missing or damaged, or cells were tested on different images.
    """
    ordered = tuple(sorted(sizes, key=_order))
    entries = [
        _entry(folder, strategy, backbone, size, seeds)
        for size in ordered
        for strategy in strategies
        for backbone in backbones
    ]
    image_ids = entries[0].results[0].image_ids
    for result in (result for entry in entries for result in entry.results):
        if result.image_ids != image_ids:
            msg = (
                f"{folder}: {result.cell.name} was tested on other images than {entries[0].results[0].cell.name}; "
                "answers are compared image by image. Run `transferline run compare`, so that all are of one split"
            )
            raise DataError(msg)
    return Tournament(tuple(entries), ordered, tuple(seeds), image_ids)


def _order(size: Size) -> float:
    return float("inf") if size == "all" else float(size)


def _entry(folder: Path, strategy: str, backbone: str, size: Size, seeds: Sequence[int]) -> Entry:
    read = [_cell(folder, Cell(strategy, backbone, size, seed)) for seed in seeds]
    return Entry(strategy, backbone, size, tuple(result for result, _ in read), tuple(cost for _, cost in read))


def _cell(folder: Path, cell: Cell) -> tuple[Result, Cost]:
    result, cost = cells.read(folder / cell.name)
    if result.cell != cell:
        msg = f"{folder / cell.name}: holds the result of {result.cell.name}; delete the folder and run the cell again"
        raise DataError(msg)
    return result, cost
