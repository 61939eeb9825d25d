import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from receiver.standalone import predict
from tests.receiver import tiny_bundle
from tests.receiver.drawn import IMAGES, encode, noise


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for name, data in IMAGES.items():
        (folder / f"{name}.png").write_bytes(data)
    return folder


def run(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["predict", *map(str, arguments)], input=stdin)


def test_unreadable_files_among_good_ones_are_listed_at_the_end(bundle: Path, images: Path) -> None:
    done = run(bundle, images, "--threads", "2", "--batch-size", "3")
    model = predict.load(bundle, "classification")
    lines = {Path(found.pop("file")).stem: found for found in map(json.loads, done.stdout.splitlines())}
    expected, reasons = {}, {}
    for name, data in sorted(IMAGES.items(), key=lambda entry: f"{entry[0]}.png"):
        try:
            expected[name] = model.predict([predict.decode(data, model.spec)])[0]
        except predict.UnreadableImage as error:
            reasons[name] = str(error)
    assert done.exit_code == 1
    assert list(lines) == list(expected)
    assert [lines[name]["label"] for name in lines] == [answer["label"] for answer in expected.values()]
    first, *listed = done.stderr.splitlines()
    assert first == f"transferline: {len(reasons)} could not be read, of {len(IMAGES)}:"
    assert listed == [f"  {images / name}.png: {reason}" for name, reason in reasons.items()]


def test_a_zip_that_climbs_out_is_refused_and_its_other_images_are_answered(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        for name in ("../../evil.png", "good.png", "/root.png"):
            archive.writestr(name, encode(noise()))
    done = run(bundle, tmp_path / "slip.zip", "--format", "pictures", "--output", tmp_path / "out" / "pictures")
    assert done.exit_code == 1
    assert "slip.zip/../../evil.png: refused: the path climbs out of its folder" in done.stderr
    assert "slip.zip//root.png: refused: the path is absolute" in done.stderr
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.jpg"))] == [
        "out/pictures/good.jpg"
    ]


def test_an_image_on_standard_input_is_answered(bundle: Path) -> None:
    done = run(
        bundle, "-", "--task", "detection", "--threshold", "0.31", stdin=encode(np.full((9, 9, 3), 255, np.uint8))
    )
    assert done.exit_code == 0
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert (found["file"], [box["label"] for box in found["boxes"]]) == ("-", ["crack", "scratch"])


def test_a_packed_bundle_answers_a_list_on_standard_input(bundle: Path, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "tiny"), "zip", bundle)
    (tmp_path / "a.png").write_bytes(encode(noise()))
    done = run(packed, "-", "--output", tmp_path / "out.csv", "--format", "csv", stdin=f"{tmp_path}/a.png\n".encode())
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith(f"{tmp_path}/a.png,")


def test_a_changed_bundle_is_not_used(tmp_path: Path) -> None:
    folder = tiny_bundle.make(tmp_path / "tiny")
    (folder / "classifier/model.onnx").write_bytes(b"other")
    done = run(folder, "a.png", "--output", tmp_path / "out.jsonl")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "changed: classifier/model.onnx" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.png", "--format", "pictures"], "add --output FOLDER"),
        (["a.png", "--format", "coco"], "COCO JSON is for boxes"),
        (["a.png", "--output", "."], "a folder; expected the name of a file"),
        (["a.png", "--task", "segmentation"], "has no 'segmentation'; it has classification and detection"),
        (["a.png", "--format", "xml"], "Invalid value for '--format'"),
        (["a.png", "--threads", "0"], "Invalid value for '--threads'"),
    ],
)
def test_what_cannot_be_done_is_said(bundle: Path, arguments: list[str], message: str) -> None:
    done = run(bundle, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_an_output_is_whole_or_not_there(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("receiver.formats.csv_rows", interrupt)
    (tmp_path / "a.png").write_bytes(encode(noise()))
    done = run(bundle, tmp_path / "a.png", "--format", "csv", "--output", tmp_path / "out.csv")
    assert done.exit_code == 130
    assert "stopped; no output file was written" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png"]


def test_a_reader_who_has_seen_enough_is_no_error(bundle: Path, images: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pipelines.cli", "predict", str(bundle), str(images)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (2, "")
