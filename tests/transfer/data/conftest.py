"""Draw images and read whole sources the way the stage does, with every finding collected."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from transfer.data.ingest.findings import KINDS, Finding, Ledger
from transfer.data.ingest.formats.detect import read_records
from transfer.data.ingest.formats.records import RawImage
from transfer.data.source import open_source


def tolerant(**actions: str) -> Ledger:
    """A ledger that lists everything and stops at nothing."""
    usual = {name: "drop" if "drop" in kind.allowed else "keep" for name, kind in KINDS.items()}
    return Ledger({**usual, **actions})


def encode(pixels: np.ndarray, extension: str = "PNG", **options: Any) -> bytes:
    """Encode uint8 pixels."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, extension, **options)
    return stream.getvalue()


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Draw uint8 [height, width, 3] that no compression can shrink."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., None]:
    """Write a file below tmp_path/source: bytes, text, JSON, or by default a small image."""

    def write(name: str, content: Any = None) -> None:
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            content = encode(noise(20, 30, seed=len(name)))
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[RawImage], list[Finding]]]:
    """Read tmp_path/source into records and findings."""

    def run(
        source: str = "auto", *, parse_yaml: Callable[[str], Any] = json.loads, voc_first_pixel: int = 1, **actions: str
    ) -> tuple[list[RawImage], list[Finding]]:
        ledger = tolerant(**actions)
        with open_source(tmp_path / "source") as opened:
            records = list(read_records(opened, source, ledger, parse_yaml=parse_yaml, voc_first_pixel=voc_first_pixel))
        return records, ledger.findings()

    return run
