"""What the receiver has to install: the ranges that the line itself is tested with."""

from pathlib import Path

from transfer import atomic

REQUIRES = {"numpy": ">=2.2,<3", "onnxruntime": ">=1.24,<1.32", "pillow": ">=12,<13"}


def write(path: Path) -> None:
    """Write a requirements.txt."""
    atomic.write_text(path, "".join(f"{name}{versions}\n" for name, versions in REQUIRES.items()))
