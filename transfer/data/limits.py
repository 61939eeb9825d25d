"""How much a zip may unpack to, and what is said about a file that may not be read."""

from dataclasses import dataclass
from typing import NamedTuple

# Deflate reaches 1,032:1 on zeros; photographs stay near 1:1 and drawings in BMP seldom pass 100:1.
BYTES_WITHOUT_RATIO = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds that decompression bombs meet: bytes of one file, bytes of all files, unpacked to packed size.

    The ratio is asked of files above 1 MiB only: below, it does no harm.
    """

    max_file_bytes: int = 2**30
    max_total_bytes: int = 2**40
    max_ratio: float = 200.0


USUAL = Limits()
UNLIMITED = Limits(max_file_bytes=2**63, max_total_bytes=2**63, max_ratio=float("inf"))


class Refusal(NamedTuple):
    """A file of the source that is not read: the name of the finding, the file and the reason."""

    finding: str
    file: str
    reason: str
