"""Compare tables: CSV and Parquet; a difference has a row, counted from 1 without the header, and a column."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.audit.values import documents
from pipelines.audit.values.difference import Difference, Rules, largest, of_numbers


def compare_csv(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare cells: as numbers where both have a decimal point or an exponent, else as text."""
    old, new = (_read_csv(path) for path in (recorded, found))
    if [len(row) for row in old] != [len(row) for row in new] or old[:1] != new[:1]:
        yield Difference("table", _form(old), _form(new))
        return
    for column, name in enumerate(old[0] if old else []):
        cells = zip(old[1:], new[1:], strict=True)
        pairs = ((number, a[column], b[column], a[0]) for number, (a, b) in enumerate(cells, start=1))
        differences = (
            _cell(a, b, f"{_row(number, old[0][0], key)}, column {name}", rules) for number, a, b, key in pairs
        )
        worst = largest(difference for difference in differences if difference)
        if worst:
            yield worst


def compare_parquet(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare columns; those of floating-point numbers within the tolerance."""
    from pyarrow import parquet

    old, new = (parquet.read_table(path) for path in (recorded, found))
    if old.num_rows != new.num_rows or _columns(old) != _columns(new):
        yield Difference("table", f"{old.num_rows} rows of {_columns(old)}", f"{new.num_rows} rows of {_columns(new)}")
        return
    names = [name for name in old.column_names if not old[name].equals(new[name])]
    keys = old[old.column_names[0]].to_pylist() if names else []
    for name in names:
        values = zip(old[name].to_pylist(), new[name].to_pylist(), strict=True)
        rows = [(number, a, b) for number, (a, b) in enumerate(values) if not _same(a, b)]
        worst = largest(
            difference
            for number, a, b in rows
            for difference in documents.compare(
                a, b, f"{_row(number + 1, old.column_names[0], keys[number])}, column {name}", rules
            )
        )
        if worst:
            yield worst


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) or (isinstance(a, float) and isinstance(b, float) and np.isnan(a) and np.isnan(b))


def _row(number: int, key: str, value: Any) -> str:
    return f"row {number} ({key} {value})"


def _read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _cell(old: str, new: str, where: str, rules: Rules) -> Difference | None:
    if old == new or rules.with_new_digests(old) == new:
        return None
    if _is_float(old) and _is_float(new):
        return of_numbers(float(old), float(new), rules.numbers, where)
    return Difference(where, repr(old), repr(new))


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not text.strip("+-").isdecimal()


def _form(rows: Sequence[Sequence[str]]) -> str:
    return f"{max(len(rows) - 1, 0)} rows of {', '.join(rows[0]) if rows else 'nothing'}"


def _columns(table: Any) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in table.schema)
