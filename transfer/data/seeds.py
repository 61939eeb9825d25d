"""Seeds that depend on names, not on the order of work, so that any number of workers draws the same."""

import hashlib
from collections.abc import Sequence


def derive(*parts: int | str) -> int:
    """Turn a seed and the names of what it is for into a new seed below 2**63."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def drawn_order(files: Sequence[str], *, seed: int, purpose: str) -> list[int]:
    """Return the places of `files` in an order drawn for each file by itself.

    What is taken from its front for a smaller count is also taken for a larger one, and other files change nothing.
    """
    return sorted(range(len(files)), key=lambda place: derive(seed, purpose, str(files[place])))
