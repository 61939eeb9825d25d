from pathlib import Path

import numpy as np
import pytest

from tests.transfer.selection import made_up
from transfer.errors import DataError
from transfer.selection import tournament

WANTED = {"strategies": ["linear_probe", "gradual"], "backbones": ["backbone"], "sizes": ["all", 5], "seeds": [0, 1]}


def fill(folder: Path, **options: int) -> None:
    for name in WANTED["strategies"]:
        for size in (5, "all"):
            made_up.write(folder, made_up.entry(name, size, (0.8, 0.9), **options))


def test_the_cells_that_are_named_are_read_by_size(tmp_path: Path) -> None:
    fill(tmp_path)

    found = tournament.read(tmp_path, **WANTED)

    expected = [("linear_probe", 5), ("gradual", 5), ("linear_probe", "all"), ("gradual", "all")]
    assert expected == [(entry.strategy, entry.size) for entry in found.entries]
    assert ((5, "all"), "all") == (found.sizes, found.largest)
    assert [0, 1] == [result.seed for result in found.entries[0].results]
    assert np.allclose([0.8, 0.9], found.entries[0].accuracies, atol=0.002)


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "scratch-backbone-5-0").mkdir()
    (tmp_path / "scratch-backbone-5-0" / "result.json").write_text("damaged")

    assert 4 == len(tournament.read(tmp_path, **WANTED).entries)


def test_a_missing_cell_is_a_sentence(tmp_path: Path) -> None:
    fill(tmp_path)

    with pytest.raises(DataError, match=r"linear_probe-backbone-5-2/result.json: not found"):
        tournament.read(tmp_path, **{**WANTED, "seeds": [0, 1, 2]})


def test_cells_of_other_images_cannot_be_compared(tmp_path: Path) -> None:
    fill(tmp_path)
    made_up.write(tmp_path, made_up.entry("gradual", "all", (0.8, 0.9), num_images=100))

    with pytest.raises(DataError, match=r"gradual-backbone-all-0 was tested on other images than linear_probe-"):
        tournament.read(tmp_path, **WANTED)


def test_a_cell_in_the_wrong_folder_is_found_out(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "gradual-backbone-5-0").rename(tmp_path / "aside")
    (tmp_path / "gradual-backbone-5-1").rename(tmp_path / "gradual-backbone-5-0")

    with pytest.raises(DataError, match=r"gradual-backbone-5-0: holds the result of gradual-backbone-5-1"):
        tournament.read(tmp_path, **WANTED)
