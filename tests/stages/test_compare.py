import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from stages import compare
from stages.selection import SelectionParams
from tests.transfer.selection import made_up
from transfer.errors import DataError
from transfer.selection.report import PICTURES

RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
PARAMS = compare.CompareParams(confidence=0.95, significance=0.05, resamples=1000, seed=0, margin=0.02)


def selection(*, seeds: tuple[int, ...] = (0, 1), sizes: tuple[int | str, ...] = (5, 20, "all")) -> SelectionParams:
    return SelectionParams(
        strategies=("linear_probe", "gradual"),
        backbones=("backbone",),
        sizes=sizes,
        seeds=seeds,
        sweep={"strategy": "full", "backbone": "backbone", "size": 20, "seed": 0, "rates": RATES},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, better in (("linear_probe", 0.0), ("gradual", 0.03)):
        for size, accuracy in ((5, 0.8), (20, 0.9), ("all", 0.95)):
            found = (accuracy + better, accuracy + better + 0.01)
            made_up.write(tmp_path / "cells", made_up.entry(name, size, found))
    made_up.write_sweep(tmp_path / "rates")
    return tmp_path


def run(folder: Path, params: SelectionParams, *, to: str = "out") -> Path:
    out = folder / to
    compare.run(
        PARAMS,
        params,
        cells=folder / "cells",
        rates=folder / "rates",
        table=out / "table.csv",
        comparison=out / "comparison.json",
        page=out / "report.md",
        pictures=out / "pictures",
    )
    return out


def test_a_tournament_ends_in_a_table_pictures_and_a_recommendation(folder: Path, capsys) -> None:
    out = run(folder, selection())

    table = pd.read_csv(out / "table.csv")
    assert 6 == len(table)
    assert {"accuracy", "accuracy_low", "pooled_low", "p_adjusted", "seconds", "epochs_to_converge"} <= set(table)
    comparison = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert "all" == comparison["recommendation"]["size"]
    assert [2 * 3, 2, 270] == [comparison[f"num_{what}"] for what in ("entries", "seeds", "test_images")]
    assert comparison["accuracy"] == pytest.approx(0.985, abs=0.003)
    said = capsys.readouterr().err.splitlines()
    assert 1 + 6 + 1 == len(said)
    assert f"Use {comparison['recommendation']['strategy']} on backbone: 98" in said[-1]
    page = (out / "report.md").read_text(encoding="utf-8")
    assert said[-1] in page
    assert set(PICTURES) == {picture.name for picture in (out / "pictures").iterdir()}
    assert all(f"](pictures/{name})" in page for name in PICTURES)
    for name in PICTURES:
        with Image.open(out / "pictures" / name) as picture:
            assert len(picture.convert("RGB").getcolors(2**24)) > 20


def test_the_same_cells_give_the_same_bytes(folder: Path) -> None:
    first, second = run(folder, selection()), run(folder, selection(), to="again")

    for file in (path for path in first.rglob("*") if path.is_file()):
        assert file.read_bytes() == (second / file.relative_to(first)).read_bytes(), file.name


def test_one_seed_and_one_size_are_enough(folder: Path) -> None:
    out = run(folder, selection(seeds=(0,), sizes=("all",)))

    table = pd.read_csv(out / "table.csv")
    assert table["accuracy_low"].isna().all()
    assert table["pooled_low"].notna().all()


def test_a_missing_cell_leaves_nothing_half_written(folder: Path) -> None:
    with pytest.raises(DataError, match=r"linear_probe-backbone-5-7/result.json: not found"):
        run(folder, selection(seeds=(0, 7)))

    assert not (folder / "out").exists()
