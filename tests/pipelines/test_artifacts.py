import base64
from pathlib import Path

import pytest
from PIL import Image

from pipelines import artifacts
from pipelines.outputs import Outputs
from pipelines.walk import Result


def test_metrics_table_holds_every_number() -> None:
    table = artifacts.metrics_table({"m.json": {"AP": 0.51234, "per_class": {"a|b": {"AP50": 1}}, "name": "x"}})

    assert ["| m.json | AP | 0.5123 |", "| m.json | per_class.a\\|b.AP50 | 1 |"] == table.splitlines()[2:]


def test_stage_table_stays_a_table_whatever_a_stage_says() -> None:
    table = artifacts.stage_table([Result("a", "failed", 1.25, "one | two\nthree")])

    assert "| a | failed | 1.2 | one \\| two three |" == table.splitlines()[2]


def test_small_pictures_are_shown_and_large_ones_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "small.png")
    (tmp_path / "large.png").write_bytes(bytes(500))
    monkeypatch.setattr(artifacts, "LARGEST_PICTURE", 400)
    outputs = Outputs((Path("large.png"), Path("small.png")), (Path("i.html"),), (Path("m.onnx"),), ())

    text = artifacts.gallery(tmp_path, outputs)

    data = base64.b64encode((tmp_path / "small.png").read_bytes()).decode("ascii")
    assert f"![small.png](data:image/png;base64,{data})" in text
    assert "`large.png`" in text
    assert "large.png](data" not in text
    assert "* model: `m.onnx`" in text


def test_rows_of_a_plot_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "MOST_ROWS", 2)
    (tmp_path / "c.csv").write_text("epoch,loss\n1,0.5\n2,0.4\n3,0.3\n", encoding="utf-8")

    assert [{"epoch": "1", "loss": "0.5"}, {"epoch": "2", "loss": "0.4"}] == artifacts.rows(tmp_path / "c.csv")


def test_keys_hold_only_what_prefect_allows() -> None:
    assert "reports-detector-precision-recall" == artifacts.key(Path("reports/Detector/precision_recall.csv"))
