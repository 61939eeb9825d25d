"""The classifier's answer to every test picture, as reports/classifier/predictions.csv has it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from transfer.errors import DataError
from transfer.report import evidence

FILE = "predictions.csv"
COLUMNS = ("image_id", "file", "label", "predicted", "confidence")
PREFIX = "p_"


@dataclass(frozen=True)
class Predictions:
    """`table` has a row per picture, `probabilities` are float [pictures, classes], `labels` and `answers` classes."""

    table: pd.DataFrame
    categories: tuple[str, ...]
    probabilities: np.ndarray
    labels: np.ndarray
    answers: np.ndarray


def read(folder: Path) -> Predictions:
    """Read the table.

    Raises:
        DataError: it is missing, lacks a column, or names a class that has no column.
    """
    path = folder / FILE
    table = evidence.read_csv(path, COLUMNS)
    columns = [name for name in map(str, table.columns) if name.startswith(PREFIX)]
    names = [name.removeprefix(PREFIX) for name in columns]
    unknown = sorted({*table["label"], *table["predicted"]} - set(names))
    if unknown:
        msg = f"{path}: no column {PREFIX}{unknown[0]} for the class {unknown[0]!r}; run evaluate_classifier again"
        raise DataError(msg)
    numbers = {name: number for number, name in enumerate(names)}
    return Predictions(
        table=table,
        categories=tuple(names),
        probabilities=table[columns].to_numpy(float),
        labels=table["label"].map(numbers).to_numpy(np.int64),
        answers=table["predicted"].map(numbers).to_numpy(np.int64),
    )
