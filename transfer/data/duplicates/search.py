"""Find pictures that show the same thing: equal bytes, equal looks, overlapping parts of one surface."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from receiver.progress import track
from transfer.data.duplicates.hashes import alike
from transfer.data.duplicates.links import Link
from transfer.data.duplicates.registration import Proof, Registration, prove
from transfer.data.duplicates.sketches import Sketches
from transfer.data.duplicates.votes import Candidates
from transfer.data.threads import ordered_map

Pair = tuple[int, int, int, int]


def byte_links(images: pd.DataFrame) -> Iterator[Link]:
    """Link every image to the first one with the same SHA-256."""
    first: dict[str, int] = {}
    for image_id, digest in zip(images["image_id"].tolist(), images["sha256"].tolist(), strict=True):
        original = first.setdefault(digest, image_id)
        if original != image_id:
            yield Link(original, image_id, "bytes", score=1.0, shift_x=0.0, shift_y=0.0, overlap=1.0)


def perceptual_links(sketches: Sketches, *, radius: int, window: int, proof: Proof) -> Iterator[Link]:
    """Link pictures whose hashes differ in at most `radius` bits, where the fine texture of both agrees as well.

    Pictures of equal shapes before another background have equal hashes; their textures tell them apart.
    """
    positions = np.flatnonzero(sketches.hashed)
    first, second = alike(sketches.hashes[positions], radius=radius, window=window)
    for a, b in zip(positions[first].tolist(), positions[second].tolist(), strict=True):
        found = prove(sketches.common[a], sketches.common[b], down=0, right=0, proof=proof)
        if found:
            yield Link(*_ids(sketches, a, b), "perceptual", found.agreement, shift_x=0.0, shift_y=0.0, overlap=1.0)


def overlap_links(sketches: Sketches, found: Candidates, *, proof: Proof, num_threads: int) -> Iterator[Link]:
    """Link the candidates whose registration is proof enough."""
    pairs: list[Pair] = list(zip(*(column.tolist() for column in found[:4]), strict=True))
    results = ordered_map(partial(_proved, sketches, proof), pairs, num_threads=num_threads)
    for (a, b, _, _), result in zip(pairs, track(results, "Registering candidates", total=len(pairs)), strict=True):
        if result:
            shift_x, shift_y = (shift * float(sketches.factors[a]) for shift in (result.right, result.down))
            yield Link(*_ids(sketches, a, b), "overlap", result.agreement, shift_x, shift_y, result.overlap)


def _proved(sketches: Sketches, proof: Proof, pair: Pair) -> Registration | None:
    first, second, down, right = pair
    return prove(sketches.textures[first], sketches.textures[second], down=down, right=right, proof=proof)


def _ids(sketches: Sketches, first: int, second: int) -> tuple[int, int]:
    return int(sketches.image_ids[first]), int(sketches.image_ids[second])
