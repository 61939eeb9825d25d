"""What one request, and all of them together, may ask of the server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bytes and pixels of one image; requests at a time; seconds for one request, from its first byte to its answer.

    `max_wait` are the seconds that an image waits for others to share a run with, at most `max_batch` of them, and only
    while others are on their way. `drain` are the seconds that a server that was told to stop goes on to listen, so
    that whoever sends requests learns from /ready that it is going.
    """

    max_bytes: int = 2**25
    max_pixels: int = 40_000_000
    max_requests: int = 64
    timeout: float = 30.0
    max_batch: int = 8
    max_wait: float = 0.005
    drain: float = 2.0
