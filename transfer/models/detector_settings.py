"""What a detector is built with beyond its architecture; the checkpoint keeps it, so that one can build it again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from transfer.errors import WeightsError


@dataclass(frozen=True)
class Settings:
    """Sizes are pixels of the canvas, proposals are (before, after) non-maximum suppression.

    `anchor_sizes` has one entry per map: one for each of `layers`, one for the pooled map above them.
    A region as large as `canonical_scale` is read from the map of stride 16, a smaller one from a finer map.
    """

    layers: Sequence[str]
    pyramid_channels: int
    anchor_sizes: Sequence[Sequence[int]]
    aspect_ratios: Sequence[float]
    canonical_scale: int
    rpn_convolutions: int
    box_convolutions: int
    box_width: int
    train_proposals: Sequence[int]
    test_proposals: Sequence[int]
    anchors_per_image: int
    regions_per_image: int
    score_threshold: float
    nms_threshold: float
    detections_per_image: int

    def facts(self) -> dict[str, Any]:
        """Return the settings as JSON holds them."""
        return asdict(self)


def from_facts(build: Mapping[str, Any]) -> Settings:
    """Read the settings of a checkpoint.

    Raises:
        WeightsError: they are not those of a detector; the message lists what is missing or unknown.
    """
    expected, given = set(Settings.__dataclass_fields__), set(build)
    if expected != given:
        missing, unknown = sorted(expected - given), sorted(given - expected)
        msg = f"facts.json: build: not the settings of a detector of this version: missing {missing}, unknown {unknown}"
        raise WeightsError(msg)
    return Settings(**build)
