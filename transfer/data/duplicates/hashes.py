"""Perceptual hashes: 64 yes-no answers about a picture's coarse shapes, which resizing leaves alone."""

from functools import lru_cache

import cv2
import numpy as np
import scipy.fft

from transfer.data.duplicates.neighbours import neighbours

THUMB_SIDE = 32
HASH_SIDE = 8
HASH_BITS = HASH_SIDE * HASH_SIDE
# Any two hashes with fewer differing bits than there are turns share the prefix of at least one turn.
TURNS = 8
# In gray levels: below, coefficients have the signs of noise.
LEAST_CONTRAST = 2.0


def perceptual_hash(levels: np.ndarray) -> int | None:
    """Hash gray levels, float32 [height, width], into 64 bits; None where the picture is too plain to have a hash.

    The bits are the signs of the lowest frequencies of a 32x32 thumbnail's cosine transform around their median, the
    mean left out.
    """
    thumb = cv2.resize(levels, (THUMB_SIDE, THUMB_SIDE), interpolation=cv2.INTER_AREA)
    if float(thumb.std()) < LEAST_CONTRAST:
        return None
    low = (_cosines() @ thumb @ _cosines().T).ravel()
    answers = low > np.median(low[1:])
    answers[0] = False
    return int(np.packbits(answers).view(">u8")[0])


def alike(hashes: np.ndarray, *, radius: int, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions (lower, higher), int64, of pairs of uint64 hashes that differ in at most `radius` bits.

    Each of eight turns of the bits is sorted and every hash compared with the `window` next ones, so that time grows
    like sorting. All copies of a picture come out connected, not every pair of them.
    """
    found = [np.zeros((0, 2), np.int64)]
    for turn in range(TURNS):
        turned = _turned(hashes, turn * HASH_BITS // TURNS)
        for first, second in neighbours(turned, window=window, prefix_bits=HASH_BITS // TURNS):
            near = np.bitwise_count(hashes[first] ^ hashes[second]) <= radius
            found.append(np.stack([first[near], second[near]], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _turned(hashes: np.ndarray, bits: int) -> np.ndarray:
    if bits == 0:
        return hashes
    return (hashes << np.uint64(bits)) | (hashes >> np.uint64(HASH_BITS - bits))


@lru_cache(maxsize=1)
def _cosines() -> np.ndarray:
    transform = scipy.fft.dct(np.eye(THUMB_SIDE, dtype=np.float32), axis=0, norm="ortho")
    return np.asarray(transform[:HASH_SIDE])
