import cv2
import numpy as np
import pytest

from benchmarks.duplicates import draw_surface
from transfer.data.duplicates.hashes import alike, perceptual_hash


def hash_of(levels: np.ndarray) -> int:
    value = perceptual_hash(levels.astype(np.float32))
    assert value is not None
    return value


def picture(seed: int) -> np.ndarray:
    """Draw coarse shapes."""
    return cv2.resize(draw_surface(seed, (20, 20)), (160, 160), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("seed", range(4))
def test_hash_survives_resizing_brightness_and_noise(seed: int) -> None:
    levels = picture(seed)
    changed = 0.7 * cv2.resize(levels, (97, 120)) + 30 + np.random.default_rng(seed).normal(0, 4, (120, 97))
    assert (hash_of(levels) ^ hash_of(changed)).bit_count() <= 6


def test_hashes_of_other_pictures_differ() -> None:
    hashes = [hash_of(picture(seed)) for seed in range(20)]
    assert min((a ^ b).bit_count() for i, a in enumerate(hashes) for b in hashes[:i]) > 12


def test_plain_picture_has_no_hash() -> None:
    assert perceptual_hash(np.full((50, 60), 255, np.float32)) is None


def test_alike_finds_every_pair_within_the_radius() -> None:
    rng = np.random.default_rng(0)
    originals = rng.integers(0, 2**64, 60, dtype=np.uint64).tolist()
    flips = [rng.permutation(64)[: rng.integers(0, 12)].tolist() for _ in originals]
    hashes = [
        *originals,
        *(value ^ sum(1 << bit for bit in bits) for value, bits in zip(originals, flips, strict=True)),
    ]
    expected = [(a, b) for a in range(120) for b in range(a + 1, 120) if (hashes[a] ^ hashes[b]).bit_count() <= 6]
    first, second = alike(np.array(hashes, np.uint64), radius=6, window=8)
    assert expected == list(zip(first.tolist(), second.tolist(), strict=True))


def test_many_equal_hashes_come_out_connected_but_not_all_with_all() -> None:
    first, second = alike(np.full(500, 7, np.uint64), radius=0, window=3)
    assert set(range(500)) == {*first.tolist(), *second.tolist()}
    assert len(first) <= 3 * 500


def test_no_hashes_have_no_pairs() -> None:
    assert [0, 0] == [len(column) for column in alike(np.zeros(0, np.uint64), radius=6, window=8)]
