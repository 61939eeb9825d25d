"""What the receiver has to install: up to the newest versions that the line is tested with, and down to older ones.

A receiver's machine may be older than ours; tests/transfer/handoff/test_requirements.py tries the lower ends.
"""

from pathlib import Path

from transfer import atomic

REQUIRES = {"numpy": ">=1.26,<3", "onnxruntime": ">=1.18,<1.32", "pillow": ">=10,<13"}


def write(path: Path) -> None:
    """Write a requirements.txt."""
    atomic.write_text(path, "".join(f"{name}{versions}\n" for name, versions in REQUIRES.items()))
