"""What links between images mean for training: repeats, contradictions, and leaks between splits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from transfer.data.ingest.findings import Finding

FINDING_OF_TIER = {
    "bytes": "identical_images",
    "perceptual": "alike_images",
    "overlap": "overlapping_images",
}


@dataclass(frozen=True)
class Pair:
    """Two linked images, with what is known of each."""

    file_a: str
    label_a: str | None
    split_a: str | None
    file_b: str
    label_b: str | None
    split_b: str | None
    tier: str
    overlap: float


def from_links(
    images: pd.DataFrame, links: pd.DataFrame, policy: Mapping[str, str], *, max_linked_share: float
) -> Iterator[Finding]:
    """Yield a finding for every link, for every contradiction among linked images, and for their share."""
    for row in _pairs(images, links).to_dict("records"):
        pair = Pair(**{str(name): value for name, value in row.items()})
        found = _repeat(pair), _contradiction(pair), _leak(pair)
        yield from (Finding(name, pair.file_b, reason, policy[name]) for name, reason in filter(None, found))
    linked = linked_share(images, links)
    if linked > max_linked_share:
        name = "many_linked_images"
        reason = f"{linked:.1%} of the images are linked to another, expected at most {max_linked_share:.1%}"
        yield Finding(name, "", reason, policy[name])


def linked_share(images: pd.DataFrame, links: pd.DataFrame) -> float:
    """Return the share of the images that are linked to another one."""
    linked = pd.concat([links["image_a"], links["image_b"]]).nunique()
    return float(linked / max(1, len(images)))


def _pairs(images: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    facts = images.set_index("image_id")[["file", "label", "split"]].astype(object)
    facts = facts.where(facts.notna(), None)
    sides = [facts.loc[links[f"image_{side}"]].add_suffix(f"_{side}").reset_index(drop=True) for side in ("a", "b")]
    return pd.concat([*sides, links[["tier", "overlap"]].reset_index(drop=True)], axis=1)


def _repeat(pair: Pair) -> tuple[str, str]:
    reasons = {
        "bytes": f"the same bytes as {pair.file_a}",
        "perceptual": f"the same picture as {pair.file_a}",
        "overlap": f"shows {pair.overlap:.0%} of the same surface as {pair.file_a}",
    }
    return FINDING_OF_TIER[pair.tier], reasons[pair.tier]


def _contradiction(pair: Pair) -> tuple[str, str] | None:
    if pair.label_a is None or pair.label_b is None or pair.label_a == pair.label_b:
        return None
    name = "overlap_label_conflict" if pair.tier == "overlap" else "label_conflict"
    return name, f"is {pair.label_b}, but {pair.file_a} is {pair.label_a} ({pair.tier})"


def _leak(pair: Pair) -> tuple[str, str] | None:
    if pair.split_a is None or pair.split_b is None or pair.split_a == pair.split_b:
        return None
    return "duplicate_across_splits", f"is in {pair.split_b}, but {pair.file_a} is in {pair.split_a} ({pair.tier})"
