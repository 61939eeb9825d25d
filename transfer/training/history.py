"""The training curve as a CSV that `dvc plots` draws."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from transfer import atomic


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write one line per epoch."""
    text = io.StringIO()
    pd.DataFrame(list(rows)).to_csv(text, index=False, lineterminator="\n", float_format="%.6f")
    atomic.write_text(path, text.getvalue())
