"""Which pictures the page shows, how many and how large."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """Numbers of pictures per model; `picture_side` in pixels; boxes of at least `shown_score` are drawn and judged."""

    sample_pictures: int
    worst_pictures: int
    picture_side: int
    shown_score: float
    shown_overlap: float
