import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.transfer.selection import made_up
from transfer.errors import DataError
from transfer.selection import cells
from transfer.selection.cells import Cell, Cost

CELL = Cell("gradual", "backbone", "all", 3)
RESULT = made_up.result(CELL, np.array([1, 0, 1]))
COST = Cost(1.5, 100.0)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cells.write(tmp_path / CELL.name, RESULT, COST)

    assert (RESULT, COST) == cells.read(tmp_path / "gradual-backbone-all-3")
    assert CELL == RESULT.cell


def test_a_missing_cell_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gradual-backbone-all-3/result.json: not found; `transferline run compare`"):
        cells.read(tmp_path / CELL.name)


def test_a_missing_cost_is_named(tmp_path: Path) -> None:
    cells.write(tmp_path, RESULT, COST)
    (tmp_path / "cost.json").unlink()

    with pytest.raises(DataError, match=r"cost.json: not found"):
        cells.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"result.json: not valid JSON"),
        ("[]", r"result.json: found list, expected \['accuracy'"),
        ('{"accuracy": 1}', r"result.json: found \['accuracy'\], expected"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    cells.write(tmp_path, RESULT, COST)
    (tmp_path / "result.json").write_text(text)

    with pytest.raises(DataError, match=message):
        cells.read(tmp_path)


def test_answers_and_images_must_be_as_many(tmp_path: Path) -> None:
    cells.write(tmp_path, replace(RESULT, correct=(1, 0)), COST)

    with pytest.raises(DataError, match="found 2 answers for 3 images, expected num_test_images = 3 of both"):
        cells.read(tmp_path)


def test_the_same_result_is_the_same_bytes(tmp_path: Path) -> None:
    cells.write(tmp_path / "a", RESULT, COST)
    cells.write(tmp_path / "b", RESULT, COST)

    assert (tmp_path / "a/result.json").read_bytes() == (tmp_path / "b/result.json").read_bytes()
    assert "all" == json.loads((tmp_path / "a/result.json").read_text())["size"]
