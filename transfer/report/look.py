"""Which pictures the page shows, how many and how large."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """Numbers of pictures per model or class; `picture_side` in pixels; boxes of `shown_score` or more are shown."""

    sample_pictures: int
    class_pictures: int
    worst_pictures: int
    picture_side: int
    shown_score: float
    shown_overlap: float
