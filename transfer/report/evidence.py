"""Read what the stages before have written, and say which stage is missing."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.errors import DataError


def read_json(path: Path) -> Any:
    """Read one JSON file.

    Raises:
        DataError: it is missing, or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(_missing(path)) from error
    except ValueError as error:
        msg = f"{path}: not JSON ({error}); run the stage that writes it again"
        raise DataError(msg) from error


def read_csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read one CSV file, names of classes as text even where they look like numbers.

    Raises:
        DataError: it is missing, or lacks a column.
    """
    try:
        # A class may be called 01, or NA.
        head = pd.read_csv(path, nrows=0).columns
        texts = {name: str for name in ("file", "label", "predicted", "category", "phase") if name in head}
        table = pd.read_csv(
            path, dtype=texts, keep_default_na=False, na_values=dict.fromkeys(set(head) - set(texts), "")
        )
    except FileNotFoundError as error:
        raise DataError(_missing(path)) from error
    except ValueError as error:
        msg = f"{path}: not a table ({error}); run the stage that writes it again"
        raise DataError(msg) from error
    lacking = [name for name in columns if name not in table]
    if lacking:
        msg = f"{path}: expected the columns {', '.join(columns)}; {', '.join(lacking)} missing; run its stage again"
        raise DataError(msg)
    return table


def _missing(path: Path) -> str:
    return f"{path}: not found; run the stage that writes it first, or leave its task out of build_report.tasks"
