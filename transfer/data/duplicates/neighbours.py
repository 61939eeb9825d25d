"""Find equal or nearly equal names among millions without comparing all with all."""

from collections.abc import Iterator

import numpy as np


def neighbours(names: np.ndarray, *, window: int, prefix_bits: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of positions (lower, higher) whose uint64 names share the first `prefix_bits` bits.

    Names are sorted, and each is paired with the `window` next ones only: a name that thousands share costs no more
    than any other, and the pairs that are kept are those that share the most bits. Time is that of sorting.
    """
    order = np.argsort(names, kind="stable")
    prefixes = names[order] >> np.uint64(64 - prefix_bits)
    for step in range(1, min(window, len(names) - 1) + 1):
        equal = prefixes[step:] == prefixes[:-step]
        first, second = order[:-step][equal], order[step:][equal]
        yield np.minimum(first, second), np.maximum(first, second)
