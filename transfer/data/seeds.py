"""Seeds that depend on names, not on the order of work, so that any number of workers draws the same."""

import hashlib


def derive(*parts: int | str) -> int:
    """Turn a seed and the names of what it is for into a new seed below 2**63."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
