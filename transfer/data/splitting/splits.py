"""Divide images into train, val and test: stratified, seeded, and never through a group."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from transfer.data.dataset import Dataset
from transfer.data.seeds import derive
from transfer.errors import DataError

SPLITS = ("train", "val", "test")
SPLIT_SCHEMA = pa.schema([("image_id", pa.int64()), ("split", pa.string())])
NO_STRATUM = ""


@dataclass(frozen=True)
class Items:
    """What is to be divided: file, class and group number of each image, as arrays [num_images]."""

    files: np.ndarray
    classes: np.ndarray
    groups: np.ndarray

    def __getitem__(self, mask: np.ndarray) -> "Items":
        """Return the items where `mask` is true."""
        return Items(self.files[mask], self.classes[mask], self.groups[mask])

    def ungrouped(self) -> "Items":
        """Return the same images, each as a group of its own."""
        return Items(self.files, self.classes, np.arange(len(self.files)))


@dataclass(frozen=True)
class Unit:
    """Images that stay together: their rows, and how many there are of each stratum."""

    rows: np.ndarray
    counts: tuple[tuple[str, int], ...]


def strata(found: Dataset) -> np.ndarray:
    """Return what each image is stratified by: its label, else its most frequent box category, else an empty string."""
    counts = found.boxes.groupby(["image_id", "category"]).size().reset_index(name="count")
    counts = counts.sort_values(["image_id", "count", "category"], ascending=[True, False, True])
    frequent = counts.drop_duplicates("image_id").set_index("image_id")["category"]
    from_boxes = found.images["image_id"].map(frequent).to_numpy(dtype=object)
    labels = found.images["label"].to_numpy(dtype=object)
    chosen = np.where(pd.isna(labels), from_boxes, labels)
    return np.where(pd.isna(chosen), NO_STRATUM, chosen)


def assign(
    items: Items, *, shares: Mapping[str, float], seed: int, scarce_class: Literal["fail", "train"]
) -> np.ndarray:
    """Return the split of each image; `shares` sum to 1 and name the splits to fill, in order of preference.

    Largest groups go first, each to the split that lacks most of what it holds; the order of equal ones is drawn with
    the seed. Every class reaches every split, but for a class of fewer groups than splits: that is refused, or goes to
    train first.

    Raises:
        DataError: a class has too few groups to reach every split.
    """
    units = _units(items, seed)
    wanted = {split: share for split, share in shares.items() if share > 0}
    groups_of = Counter(name for unit in units for name, _ in unit.counts if name != NO_STRATUM)
    if scarce_class == "fail":
        _check_scarce(units, groups_of, tuple(wanted))
    places = _greedy(units, wanted)
    _spread(units, places, groups_of, tuple(wanted))
    result = np.empty(len(items.files), dtype=object)
    for unit, place in zip(units, places, strict=True):
        result[unit.rows] = place
    return result


def _units(items: Items, seed: int) -> list[Unit]:
    by_group = np.lexsort((items.files, items.groups))
    starts = np.flatnonzero(np.diff(items.groups[by_group], prepend=-1))
    members = np.split(by_group, starts[1:]) if len(starts) else []
    units = [Unit(rows, tuple(sorted(Counter(items.classes[rows].tolist()).items()))) for rows in members]
    return sorted(units, key=lambda unit: (-len(unit.rows), derive(seed, "split", str(items.files[unit.rows[0]]))))


def _check_scarce(units: list[Unit], groups_of: Mapping[str, int], wanted: tuple[str, ...]) -> None:
    images_of: Counter[str] = Counter()
    for unit in units:
        images_of.update(dict(unit.counts))
    scarce = [name for name in sorted(groups_of) if groups_of[name] < len(wanted)]
    if scarce:
        lines = [f"  {name}: {images_of[name]} image(s) in {groups_of[name]} group(s)" for name in scarce]
        msg = (
            f"{len(scarce)} class(es) cannot reach all of {', '.join(wanted)}: images of one group stay together, "
            f"so a class needs {len(wanted)} groups\n" + "\n".join(lines) + "\nAdd images of other scenes, leave the "
            "class out, or set split_data.scarce_class of params.yaml to 'train'"
        )
        raise DataError(msg)


def _greedy(units: list[Unit], shares: Mapping[str, float]) -> list[str]:
    totals: Counter[str] = Counter()
    for unit in units:
        totals.update(dict(unit.counts))
    lacking = {split: {name: share * count for name, count in totals.items()} for split, share in shares.items()}
    lacking_in_all = {split: share * totals.total() for split, share in shares.items()}
    places = []
    for unit in units:
        place = max(shares, key=lambda split: (_need(unit, lacking[split], totals), lacking_in_all[split]))
        places.append(place)
        lacking_in_all[place] -= len(unit.rows)
        for name, count in unit.counts:
            lacking[place][name] -= count
    return places


def _need(unit: Unit, lacking: Mapping[str, float], totals: Mapping[str, int]) -> float:
    # Rounded, so that a difference in the last bit does not decide where the second key should.
    return round(sum(count * lacking[name] / totals[name] for name, count in unit.counts), 9)


def _spread(units: list[Unit], places: list[str], groups_of: Mapping[str, int], wanted: tuple[str, ...]) -> None:
    """Move the smallest unit that can be spared to wherever a class is missing."""
    present = Counter((place, name) for unit, place in zip(units, places, strict=True) for name, _ in unit.counts)
    for name in sorted(groups_of):
        for split in wanted if groups_of[name] >= len(wanted) else wanted[:1]:
            index = None if present[split, name] else _spare(units, places, name, present, must_move=split == wanted[0])
            if index is not None:
                present.update({(split, other): 1 for other, _ in units[index].counts})
                present.subtract({(places[index], other): 1 for other, _ in units[index].counts})
                places[index] = split


def _spare(
    units: list[Unit], places: list[str], name: str, present: Mapping[tuple[str, str], int], *, must_move: bool
) -> int | None:
    """Return the last, so the smallest, unit of a class whose leaving takes no class from its split.

    Where there is none, return None, or the smallest unit if one must move.
    """
    having = [index for index, unit in enumerate(units) if name in dict(unit.counts)]
    spared = [i for i in having if all(present[places[i], other] > 1 for other, _ in units[i].counts)]
    return spared[-1] if spared else having[-1] if must_move else None
