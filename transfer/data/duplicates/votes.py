"""Count which pictures agree on how far one is shifted against the other."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from transfer.data.duplicates.neighbours import neighbours
from transfer.data.duplicates.spots import Spots
from transfer.errors import DataError

# A vote is one integer: two picture numbers of 20 bits, then the shift in rows and in columns, 12 bits each.
NUMBER_BITS = 20
SHIFT_BITS = 12
SHIFT_OFFSET = 1 << (SHIFT_BITS - 1)
PAIR_SHIFT = np.int64(2 * SHIFT_BITS)
LARGEST_SIDE = SHIFT_OFFSET - 2


class Candidates(NamedTuple):
    """Pairs of picture numbers, where the second picture's corner lies on the first (rows, columns), and its votes.

    All int64 [num_candidates], ordered by pair.
    """

    first: np.ndarray
    second: np.ndarray
    down: np.ndarray
    right: np.ndarray
    votes: np.ndarray


def candidates(
    spots: Sequence[Spots], *, window: int, prefix_bits: int, least_votes: int, most_per_image: int
) -> Candidates:
    """Find pairs of pictures with at least `least_votes` equal spots at one shift, to within a pixel.

    Of a picture with more than `most_per_image` candidates only those with the most votes are kept, unless they are
    among the best of the other picture. One pair may have up to two candidate shifts.

    Raises:
        DataError: there are more than 1,048,576 pictures.
    """
    if len(spots) > 1 << NUMBER_BITS:
        most = 1 << NUMBER_BITS
        msg = f"found {len(spots):,} images; the overlap search takes {most:,}; take it out of find_duplicates.tiers"
        raise DataError(msg)
    votes = _votes(spots, window=window, prefix_bits=prefix_bits)
    shifts, counts = np.unique(_of_pairs_with(least_votes, votes), return_counts=True)
    support = _support(shifts, counts)
    enough = support >= least_votes
    kept = _best_per_pair(shifts[enough], support[enough], most=2)
    return _best_per_image(_unpacked(*kept), most_per_image)


def _votes(spots: Sequence[Spots], *, window: int, prefix_bits: int) -> np.ndarray:
    owner = np.repeat(np.arange(len(spots), dtype=np.int64), [len(one.rows) for one in spots])
    rows = np.concatenate([one.rows for one in spots]).astype(np.int64)
    columns = np.concatenate([one.columns for one in spots]).astype(np.int64)
    found: list[np.ndarray] = []
    for index in range(spots[0].names.shape[1]):
        names = np.concatenate([one.names[:, index] for one in spots])
        pairs = list(neighbours(names, window=window, prefix_bits=prefix_bits))
        repeated = _repeated(pairs, owner)
        for first, second in pairs:
            telling = ~(repeated[first] | repeated[second])
            first, second = first[telling], second[telling]
            down, right = rows[first] - rows[second], columns[first] - columns[second]
            found.append(_packed(owner[first], owner[second], down, right))
    return _joined(found)


def _repeated(pairs: list[tuple[np.ndarray, np.ndarray]], owner: np.ndarray) -> np.ndarray:
    """Return which spots have the name of another one in their own picture: these say nothing about a shift."""
    repeated = np.zeros(len(owner), bool)
    for first, second in pairs:
        same = owner[first] == owner[second]
        repeated[first[same]] = repeated[second[same]] = True
    return repeated


def _packed(first: np.ndarray, second: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    pair = (first << NUMBER_BITS) | second
    return np.asarray((pair << PAIR_SHIFT) | ((down + SHIFT_OFFSET) << SHIFT_BITS) | (right + SHIFT_OFFSET))


def _joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.asarray(np.sort(np.concatenate([np.zeros(0, np.int64), *parts])))


def _of_pairs_with(least: int, votes: np.ndarray) -> np.ndarray:
    """Keep the votes, sorted, of pairs that have at least `least` in all."""
    _, inverse, counts = np.unique(votes >> PAIR_SHIFT, return_inverse=True, return_counts=True)
    return np.asarray(votes[counts[inverse] >= least])


def _support(shifts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Add to the votes for each shift those for the eight shifts around it."""
    support = np.zeros(len(shifts), np.int64)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            wanted = shifts + (down << SHIFT_BITS) + right
            places = np.minimum(np.searchsorted(shifts, wanted), len(shifts) - 1)
            support += np.where(shifts[places] == wanted, counts[places], 0)
    return support


def _best_per_pair(shifts: np.ndarray, support: np.ndarray, *, most: int) -> tuple[np.ndarray, np.ndarray]:
    pairs = shifts >> PAIR_SHIFT
    order = np.lexsort((shifts, -support, pairs))
    kept = order[_rank_in_runs(pairs[order]) < most]
    return shifts[kept], support[kept]


def _best_per_image(found: Candidates, most: int) -> Candidates:
    ranks = [_ranks(image, found.votes) for image in (found.first, found.second)]
    return Candidates(*(column[np.minimum(*ranks) < most] for column in found))


def _ranks(image: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """Number the candidates of each image from the one with the most votes on."""
    order = np.lexsort((-votes, image))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = _rank_in_runs(image[order])
    return ranks


def _rank_in_runs(values: np.ndarray) -> np.ndarray:
    """Number the members of each run of equal values from 0."""
    positions = np.arange(len(values))
    starts = np.concatenate([[True], values[1:] != values[:-1]]) if len(values) else np.zeros(0, bool)
    return positions - np.maximum.accumulate(np.where(starts, positions, 0)) if len(values) else positions


def _unpacked(shifts: np.ndarray, votes: np.ndarray) -> Candidates:
    mask = (1 << SHIFT_BITS) - 1
    number = (1 << NUMBER_BITS) - 1
    pairs = shifts >> PAIR_SHIFT
    down = ((shifts >> SHIFT_BITS) & mask) - SHIFT_OFFSET
    return Candidates(pairs >> NUMBER_BITS, pairs & number, down, (shifts & mask) - SHIFT_OFFSET, votes)
