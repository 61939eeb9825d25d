"""Links between pictures that show the same thing, and the groups they join."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Tier = Literal["bytes", "perceptual", "overlap"]
TIERS: tuple[Tier, ...] = ("bytes", "perceptual", "overlap")

# One row per pair, image_a < image_b, ordered by both. The corner (0, 0) of image_b lies at (shift_x, shift_y) of
# image_a, in pixels of image_a. `overlap` is the share of the smaller picture that both show, `score` the correlation
# of texture in it: 1 for equal bytes.
LINK_SCHEMA = pa.schema(
    [
        ("image_a", pa.int64()),
        ("image_b", pa.int64()),
        ("tier", pa.string()),
        ("score", pa.float64()),
        ("shift_x", pa.float64()),
        ("shift_y", pa.float64()),
        ("overlap", pa.float64()),
    ]
)
# One row per image, ordered; linked images have the same number, an image without links has its own.
GROUP_SCHEMA = pa.schema([("image_id", pa.int64()), ("duplicate_group", pa.int64())])


class Link(NamedTuple):
    """A row of LINK_SCHEMA."""

    image_a: int
    image_b: int
    tier: Tier
    score: float
    shift_x: float
    shift_y: float
    overlap: float


def table(links: Iterable[Link]) -> pd.DataFrame:
    """Order links by pair; of several links between one pair keep the first tier's: bytes, perceptual, overlap."""
    ordered: list[Link] = sorted(links, key=_order)
    frame = pd.DataFrame(ordered, columns=LINK_SCHEMA.names)
    return frame.drop_duplicates(["image_a", "image_b"]).reset_index(drop=True)


def _order(link: Link) -> tuple[int, int, int, float]:
    return link.image_a, link.image_b, TIERS.index(link.tier), -link.score


def groups(image_ids: Iterable[int], links: pd.DataFrame) -> pd.DataFrame:
    """Number the groups of linked pictures by their first picture, from 0 on."""
    ids = np.sort(np.fromiter(image_ids, np.int64))
    first, second = (np.searchsorted(ids, links[name].to_numpy(np.int64)) for name in ("image_a", "image_b"))
    edges = coo_array((np.ones(len(links)), (first, second)), shape=(len(ids), len(ids)))
    _, component = connected_components(edges, directed=False)
    _, where, inverse = np.unique(component, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(where))
    return pd.DataFrame({"image_id": ids, "duplicate_group": number[inverse].astype(np.int64)})
