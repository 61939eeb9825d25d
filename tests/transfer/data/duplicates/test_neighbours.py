import numpy as np

from transfer.data.duplicates.neighbours import neighbours


def pairs_of(names: np.ndarray, *, window: int, bits: int) -> set[tuple[int, int]]:
    found = neighbours(names, window=window, prefix_bits=bits)
    return {pair for first, second in found for pair in zip(first.tolist(), second.tolist(), strict=True)}


def test_wide_window_finds_all_pairs_of_equal_prefix() -> None:
    names = np.random.default_rng(0).integers(0, 2**64, 300, dtype=np.uint64)
    prefixes = [int(name) >> 58 for name in names]
    expected = {(a, b) for b in range(300) for a in range(b) if prefixes[a] == prefixes[b]}
    assert expected == pairs_of(names, window=300, bits=6)


def test_narrow_window_bounds_the_number_of_pairs() -> None:
    names = np.zeros(1000, np.uint64)
    assert 999 + 998 == len(pairs_of(names, window=2, bits=64))


def test_narrow_window_prefers_the_longest_common_prefix() -> None:
    names = np.array([0b1100 << 60, 0b1111 << 60, 0b1101 << 60], np.uint64)
    assert {(0, 2), (1, 2)} == pairs_of(names, window=1, bits=2)


def test_too_few_names_have_no_neighbours() -> None:
    assert set() == pairs_of(np.zeros(0, np.uint64), window=4, bits=8)
    assert set() == pairs_of(np.zeros(1, np.uint64), window=4, bits=8)
