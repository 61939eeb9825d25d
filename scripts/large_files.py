"""Refuse files that are too large for git; data and models belong to DVC."""

import sys
from collections.abc import Sequence
from pathlib import Path

MOST_BYTES = 1 << 20


def too_large(files: Sequence[str]) -> list[str]:
    """Return a sentence for each file above the limit."""
    sizes = {file: Path(file).stat().st_size for file in files if Path(file).is_file()}
    return [f"{file}: {size:,} bytes, more than {MOST_BYTES:,}" for file, size in sizes.items() if size > MOST_BYTES]


if __name__ == "__main__":
    sys.exit("\n".join(too_large(sys.argv[1:])) or 0)
