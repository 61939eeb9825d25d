import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stages.entry import main
from stages.params import load
from stages.split_data import SplitDataParams, run
from transfer import atomic
from transfer.data import dataset
from transfer.data.dataset import BOX_SCHEMA, IMAGE_SCHEMA, Dataset
from transfer.data.duplicates.links import GROUP_SCHEMA, LINK_SCHEMA
from transfer.errors import DataError, ParamsError, ValidationFailed

PARAMS: dict[str, Any] = {
    "strategy": "grouped",
    "use_supplied": True,
    "shares": {"train": 0.6, "val": 0.2, "test": 0.2},
    "seed": 0,
    "scarce_class": "fail",
    "max_leak_share": 0.0,
    "train_images_per_class": None,
}


def put_inputs(folder: Path, *, splits: list[str | None] | None = None, success: bool = True) -> None:
    """Draw 60 images of two classes; image 2n and 2n + 1 overlap."""
    images = pd.DataFrame({name: [None] * 60 for name in IMAGE_SCHEMA.names}, dtype=object)
    images["image_id"] = np.arange(60)
    images["file"] = [f"{i:03d}.png" for i in range(60)]
    images["label"] = ["a"] * 30 + ["b"] * 30
    images["split"] = pd.Series(splits or [None] * 60, dtype=object)
    boxes = pd.DataFrame({name: [] for name in BOX_SCHEMA.names})
    (folder / "ingested").mkdir(parents=True)
    (folder / "duplicates").mkdir()
    dataset.write(folder / "ingested", Dataset(Path("raw"), images, boxes, ("a", "b"), (), "0"))
    links = [(2 * i, 2 * i + 1, "overlap", 0.9, 3.0, 0.0, 0.5) for i in range(30)]
    groups = [(i, i // 2) for i in range(60)]
    links_table = pd.DataFrame(links, columns=LINK_SCHEMA.names)
    dataset.write_table(folder / "duplicates/links.parquet", links_table, LINK_SCHEMA)
    groups_table = pd.DataFrame(groups, columns=GROUP_SCHEMA.names)
    dataset.write_table(folder / "duplicates/groups.parquet", groups_table, GROUP_SCHEMA)
    atomic.write_json(folder / "validation/result.json", {"success": success})


def split(folder: Path, out: str = "splits", **changes: Any) -> dict[str, Any]:
    paths = {"ingested": folder / "ingested", "duplicates": folder / "duplicates", "validation": folder / "validation"}
    run(SplitDataParams.model_validate(PARAMS | changes), **paths, out=folder / out)
    return dict(json.loads((folder / out / "summary.json").read_text()))


def test_overlapping_images_stay_together(tmp_path: Path) -> None:
    put_inputs(tmp_path)
    summary = split(tmp_path)
    table = pd.read_parquet(tmp_path / "splits/splits.parquet")
    assert list(range(60)) == table["image_id"].tolist()
    assert (table["split"][0::2].to_numpy() == table["split"][1::2].to_numpy()).all()
    assert {"train": 36, "val": 12, "test": 12} == table["split"].value_counts().to_dict()
    assert (0.0, 30, 0) == (summary["leaked_share"], summary["num_groups"], summary["num_straddling_groups"])
    assert {"a": 18, "b": 18} == summary["splits"]["train"]["classes"]
    with Image.open(tmp_path / "splits/split.png") as picture:
        assert picture.width == 800


def test_a_random_split_says_how_much_it_leaks(tmp_path: Path) -> None:
    put_inputs(tmp_path)
    summary = split(tmp_path, strategy="random")
    table = pd.read_parquet(tmp_path / "splits/splits.parquet")["split"].to_numpy()
    twins = table.reshape(-1, 2)[:, ::-1].ravel()
    expected = ((table == "test") & (twins == "train")).sum() / (table == "test").sum()
    assert summary["leaked_share"] == pytest.approx(expected)
    assert summary["leaked_share"] > 0.3


def test_twice_the_same_bytes(tmp_path: Path) -> None:
    put_inputs(tmp_path)
    split(tmp_path, "first")
    split(tmp_path, "second")
    for name in ("splits.parquet", "summary.json", "split.png"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_leaking_supplied_split_stops_the_line_and_writes_nothing(tmp_path: Path) -> None:
    put_inputs(tmp_path, splits=["train", "test"] * 30)
    with pytest.raises(ValidationFailed, match=r"30 of 30 test images \(100.0%\)") as caught:
        split(tmp_path)
    assert "  001.png  000.png  overlap  50% of the area" in str(caught.value)
    assert not (tmp_path / "splits").exists()


def test_a_supplied_split_is_honoured_and_val_carved_from_train(tmp_path: Path) -> None:
    put_inputs(tmp_path, splits=(["train"] * 20 + ["test"] * 10) * 2)
    summary = split(tmp_path)
    table = pd.read_parquet(tmp_path / "splits/splits.parquet")
    assert [*range(20, 30), *range(50, 60)] == table["image_id"][table["split"] == "test"].tolist()
    assert [30, 10, 20] == [summary["splits"][name]["images"] for name in ("train", "val", "test")]


def test_a_supplied_split_can_be_ignored(tmp_path: Path) -> None:
    put_inputs(tmp_path, splits=["train", "test"] * 30)
    assert split(tmp_path, use_supplied=False)["leaked_share"] == 0


def test_few_training_images(tmp_path: Path) -> None:
    put_inputs(tmp_path)
    summary = split(tmp_path, train_images_per_class=4)
    assert {"a": 4, "b": 4} == summary["splits"]["train"]["classes"]
    assert 28 == summary["num_left_out"]
    assert 32 == len(pd.read_parquet(tmp_path / "splits/splits.parquet"))


def test_data_that_did_not_pass_are_not_split(tmp_path: Path) -> None:
    put_inputs(tmp_path, success=False)
    with pytest.raises(ValidationFailed, match="did not pass"):
        split(tmp_path)


def test_a_class_of_one_image_is_refused(tmp_path: Path) -> None:
    put_inputs(tmp_path)
    found = dataset.read(tmp_path / "ingested")
    found.images.loc[0, "label"] = "rare"
    dataset.write(tmp_path / "ingested", found)
    with pytest.raises(DataError, match=r"rare: 1 image\(s\) in 1 group\(s\)"):
        split(tmp_path)


def as_a_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **changes: Any
) -> str:
    """Run the stage as `python -m stages.split_data` does, in a folder of its own; return what it says on failing."""
    for name, place in (("ingested", "data"), ("duplicates", "data"), ("validation", "reports")):
        (folder / place).mkdir(exist_ok=True)
        (folder / name).rename(folder / place / name)
    (folder / "params.yaml").write_text(json.dumps({"split_data": PARAMS | changes}))
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["split_data"])
    with pytest.raises(SystemExit) as caught:
        main(run)
    assert caught.value.code == 1
    assert not (folder / "data/splits").exists()
    return capsys.readouterr().err


def test_one_image_per_class_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_inputs(tmp_path)
    found = dataset.read(tmp_path / "ingested")
    found.images["label"] = [f"class {number:02}" for number in range(60)]
    dataset.write(tmp_path / "ingested", found)
    message = as_a_program(tmp_path, monkeypatch, capsys)
    assert "60 class(es) cannot reach all of train, val, test" in message
    assert "so a class needs 3 groups" in message
    assert "class 07: 1 image(s) in 1 group(s)" in message
    assert "Add images of other scenes, leave the class out, or set split_data.scarce_class" in message


def test_a_class_that_a_supplied_train_lacks_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_inputs(tmp_path, splits=["train"] * 20 + ["test"] * 40)
    message = as_a_program(tmp_path, monkeypatch, capsys)
    assert "split_data: 1 class(es) have no train image, so nothing can be learned of them" in message
    assert "  b: 30 image(s) in test" in message
    assert "Move some of their images to train" in message


def test_a_class_that_test_lacks_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_inputs(tmp_path, splits=["train"] * 12 + ["val"] * 8 + ["test"] * 10 + ["train"] * 30)
    split(tmp_path)
    said = capsys.readouterr().err
    assert "no val image of b: what a model does with them is not measured there" in said
    assert "no test image of b: what a model does with them is not measured there" in said


def test_shares_that_do_not_sum_to_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(
        json.dumps({"split_data": PARAMS | {"shares": {"train": 0.8, "val": 0.2, "test": 0.2}}})
    )
    with pytest.raises(ParamsError, match=r"split_data\.shares.*the shares sum to 1\.2, expected 1"):
        load("split_data", SplitDataParams, path=tmp_path / "params.yaml")
