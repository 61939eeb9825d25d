import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from receiver.answers import Seen
from receiver.errors import UsageError
from receiver.formats import FORMATS
from receiver.standalone import predict
from receiver.standalone.predict import Model

BRIGHT, DARK = np.full((10, 20, 3), 255, np.uint8), np.zeros((30, 40, 3), np.uint8)


def written(model: Model, format: str, output: Path | None, names: tuple[str, str] = ("a/x.png", "b/x.png")) -> None:
    with FORMATS[format](model, output) as (render, write):
        for number, (name, pixels) in enumerate(zip(names, (BRIGHT, DARK), strict=True)):
            write(render(Seen(number, name, pixels, model.predict([pixels])[0])))


def test_json_lines_hold_the_answers(bundle: Path, tmp_path: Path) -> None:
    model = predict.load(bundle, "detection")
    written(model, "jsonl", tmp_path / "out.jsonl", ("ä.png", "b\udcff.png"))
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[:1] * 2)
    assert first == second == {"file": "ä.png", **model.predict([BRIGHT])[0]}


def test_a_table_holds_the_answers(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = predict.load(bundle, "classification")
    with pytest.MonkeyPatch.context() as patch:
        stream = io.TextIOWrapper(io.BytesIO(), write_through=True)
        patch.setattr("sys.stdout", stream)
        written(model, "csv", None)
        rows = list(csv.DictReader(io.StringIO(stream.buffer.getvalue().decode())))  # type: ignore[attr-defined]
    assert [row["file"] for row in rows] == ["a/x.png", "b/x.png"]
    assert float(rows[0]["p_crack"]) == model.predict([BRIGHT])[0]["probabilities"]["crack"]
    assert rows[0]["sure"] == "false"


def test_coco_json_is_what_its_own_reader_expects(bundle: Path, tmp_path: Path) -> None:
    model = predict.load(bundle, "detection")
    written(model, "coco", tmp_path / "out.json")
    read = COCO(tmp_path / "out.json")
    assert [(image["id"], image["file_name"], image["width"], image["height"]) for image in read.loadImgs([1, 2])] == [
        (1, "a/x.png", 20, 10),
        (2, "b/x.png", 40, 30),
    ]
    boxes = read.loadAnns(read.getAnnIds(imgIds=[1]))
    assert [(box["id"], read.cats[box["category_id"]]["name"], box["score"]) for box in boxes] == [
        (1, "crack", 1.0),
        (2, "scratch", 0.9),
        (3, "dent", 0.3),
    ]
    assert (boxes[0]["bbox"], boxes[0]["area"]) == ([5.0, 2.5, 15.0, 7.5], 112.5)
    assert read.getAnnIds(imgIds=[2]) == []


def test_coco_json_of_nothing_is_valid(bundle: Path, tmp_path: Path) -> None:
    with FORMATS["coco"](predict.load(bundle, "detection"), tmp_path / "out.json"):
        pass
    read = json.loads((tmp_path / "out.json").read_text())
    assert (read["images"], read["annotations"], len(read["categories"])) == ([], [], 3)


def test_coco_json_is_for_boxes(bundle: Path) -> None:
    model = predict.load(bundle, "classification")
    with pytest.raises(UsageError, match="COCO JSON is for boxes, and the task is classification"):
        written(model, "coco", None)


@pytest.mark.parametrize("task", ["classification", "detection"])
def test_there_is_a_picture_for_every_image(bundle: Path, tmp_path: Path, task: str) -> None:
    written(predict.load(bundle, task), "pictures", tmp_path / "out", ("a/x.png", "b/X.jpg"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["X-2.jpg", "x.jpg"]
    with Image.open(tmp_path / "out/x.jpg") as picture:
        assert picture.format == "JPEG"


def test_pictures_need_a_folder(bundle: Path) -> None:
    with pytest.raises(UsageError, match="add --output FOLDER"):
        written(predict.load(bundle, "detection"), "pictures", None)
