import ast
import csv
import io
import json
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from receiver.standalone import predict
from receiver.standalone.predict import BundleError, UnreadableImage
from tests.receiver import tiny_bundle
from tests.receiver.drawn import IMAGES, encode, noise
from transfer.data import decode as line
from transfer.data.reading import Reading

FILE = Path(predict.__file__)


READINGS = [(3, None), (3, (0, 4095)), (4, None), (4, (1000, 20099))]


@pytest.mark.parametrize(("channels", "window"), READINGS)
@pytest.mark.parametrize("name", IMAGES)
def test_pixels_are_those_of_the_line(name: str, channels: int, window: tuple[int, int] | None) -> None:
    reading = Reading(channels=channels, window=window or (0, 65535))
    spec = {"channels": channels, "sixteen_bit_window": window}
    try:
        expected = line.decode(IMAGES[name], max_pixels=60_000, reading=reading)
    except line.UnreadableImage:
        with pytest.raises(UnreadableImage):
            predict.decode(IMAGES[name], spec, max_pixels=60_000)
    else:
        found = predict.decode(IMAGES[name], spec, max_pixels=60_000)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert (found == expected).all()


def test_a_detector_reads_the_first_three_of_the_bands_that_its_images_are_stored_with() -> None:
    found = predict.decode(IMAGES["four pages"], {"channels": 3, "stored_channels": 4})
    assert (found == noise()).all()


@pytest.mark.parametrize(
    ("name", "channels", "window", "reason"),
    [
        ("nothing", 3, None, "the file has zero bytes"),
        ("text", 3, None, "not an image: none of JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM; it begins with b'<html>no'"),
        ("huge", 3, None, "70,000 x 1 pixels; the limit is 60,000 in all"),
        ("float", 3, None, "mode F has no fixed range to bring to 8 bits; store the image with 8 or 16 bits"),
        ("negative", 3, None, "gray values from -5 to -5; at most 16 bits without sign are read"),
        ("half a PNG", 3, None, "PNG, "),
        ("half a JPEG", 3, None, "the header cannot be read: Truncated File Read"),
        ("bad exif", 3, None, "Corrupt EXIF data"),
        ("pages", 5, None, "4 band(s) in 2 page(s); the model reads 5"),
        ("pages of two sizes", 4, None, "pages of 30 x 20 and 30 x 9 pixels in 2 page(s); the model reads 4"),
        ("multiplied", 4, None, "multiplied by alpha"),
    ],
)
def test_what_cannot_be_decoded_is_said(name: str, channels: int, window: tuple[int, int] | None, reason: str) -> None:
    with pytest.raises(UnreadableImage) as caught:
        predict.decode(IMAGES[name], {"channels": channels, "sixteen_bit_window": window}, max_pixels=60_000)
    assert reason in str(caught.value)


def test_a_bomb_is_refused_by_its_header() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + header
        + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )
    with pytest.raises(UnreadableImage, match="60,000 x 60,000 pixels; the limit is 100,000,000 in all"):
        predict.decode(data + struct.pack(">I", 0) + b"IDAT", {"channels": 3})


def by_hand(image: np.ndarray) -> np.ndarray:
    logits = np.exp(image[:, :, :3].astype(np.float64).mean((0, 1)) / 255 * tiny_bundle.SHARPNESS)
    return logits / logits.sum()


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_a_classifier_answers_in_order_for_images_of_any_sizes(bundle: Path, batch_size: int) -> None:
    model = predict.load(bundle, "classification")
    images = [noise(height, width, seed=height) for height, width in ((8, 9), (3, 3), (8, 9), (3, 3), (8, 9), (1, 1))]
    for image, answer in zip(images, model.predict(images, batch_size), strict=True):
        expected = by_hand(image)
        assert list(answer["probabilities"]) == tiny_bundle.CATEGORIES
        assert np.allclose(list(answer["probabilities"].values()), expected, atol=1e-5)
        assert answer["label"] == tiny_bundle.CATEGORIES[expected.argmax()]
        assert answer["confidence"] == max(answer["probabilities"].values())
        assert answer["sure"] == (answer["confidence"] >= 0.5)


def test_a_detector_answers_with_boxes_in_pixels_the_best_first(bundle: Path) -> None:
    model = predict.load(bundle, "detection")
    bright, dark = np.full((10, 20, 3), 255, np.uint8), np.zeros((10, 20, 3), np.uint8)
    (first, second) = model.predict([bright, dark])
    assert [(box["label"], box["score"], box["box"]) for box in first["boxes"]] == [
        ("crack", 1.0, [5.0, 2.5, 20.0, 10.0]),
        ("scratch", 0.9, [0.0, 0.0, 10.0, 5.0]),
        ("dent", 0.3, [10.0, 0.0, 15.0, 2.5]),
    ]
    assert second == {"boxes": []}


def test_a_threshold_can_be_given_for_one_answer(bundle: Path) -> None:
    model = predict.load(bundle, "detection")
    (found,) = model.run([np.full((10, 20, 3), 255, np.uint8)])
    assert [len(model.answer(found, threshold)["boxes"]) for threshold in (0.0, 0.3, 0.31, 1.0, None)] == [
        3,
        3,
        2,
        1,
        3,
    ]


def test_numbers_are_the_shortest_that_stand_for_what_the_graph_answered(bundle: Path) -> None:
    model = predict.load(bundle, "classification")
    (found,), (answer,) = model.run([noise()]), model.predict([noise()])
    values = list(answer["probabilities"].values())
    assert (np.array(values, np.float32) == found[0]).all()
    assert all(len(repr(value)) <= 14 for value in values)


def test_images_of_one_size_share_runs_up_to_a_number_of_pixels() -> None:
    large = 2**11
    shapes = [(5, 5, 3), (6, 5, 3), (5, 5, 3), (5, 5, 3), (large, large, 3), (large, large, 3)]
    assert list(predict.same_sized(shapes, 2)) == [[0, 2], [3], [1], [4], [5]]


@pytest.mark.parametrize("image", [np.zeros((3, 3), np.uint8), np.zeros((3, 3, 4), np.uint8), np.zeros((3, 3, 3))])
def test_arrays_that_are_no_images_are_refused(bundle: Path, image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \[height, width, 3\], found "):
        predict.load(bundle, "classification").predict([image])


def zipped(bundle: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(bundle.rglob("*")):
            archive.write(file, file.relative_to(bundle))
    return path


def test_a_zip_answers_as_its_folder(bundle: Path, tmp_path: Path) -> None:
    packed = zipped(bundle, tmp_path / "tiny.zip")
    for task in ("classification", "detection"):
        assert predict.load(packed, task).predict([noise()]) == predict.load(bundle, task).predict([noise()])


def broken(tmp_path: Path, file: str, content: bytes) -> Path:
    folder = tiny_bundle.make(tmp_path / "broken")
    (folder / file).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("bundle.json", b"{", r"bundle\.json cannot be understood: JSONDecodeError"),
        ("bundle.json", b"[]", r"bundle\.json cannot be understood: TypeError"),
        ("bundle.json", b'{"format": 1}', r"bundle\.json cannot be understood: KeyError: 'tasks'"),
        ("bundle.json", b'{"format": 2}', r"format 2, expected 1; use the predict\.py of that bundle"),
        ("classifier/model.onnx", b"no", r"classifier/model\.onnx: onnxruntime .* cannot load it"),
    ],
)
def test_a_broken_bundle_is_named(tmp_path: Path, file: str, content: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        predict.load(broken(tmp_path, file, content), "classification")


def test_what_is_no_bundle_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "a.zip"):
        with pytest.raises(BundleError, match=r"expected a bundle: a folder or a zip with bundle\.json"):
            predict.tasks(path)


def test_a_missing_task_is_named(tmp_path: Path) -> None:
    folder = tiny_bundle.make(tmp_path / "one", ["detection"])
    with pytest.raises(BundleError, match="has no 'classification'; it has detection"):
        predict.load(folder, "classification")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "b").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b/c.PNG", "d.png")):
        (folder / name).write_bytes(encode(noise(seed=number)))
    (folder / "d.png").write_bytes(encode(noise())[:200])
    (folder / "notes.txt").write_text("no image")
    return folder


def run(bundle: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the copy that lies in the bundle, with nothing of ours on the path."""
    command = [sys.executable, "-I", str(bundle / "predict.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tiny_bundle.make(tmp_path / "own")
    shutil.copy(FILE, folder / "predict.py")
    return folder


def test_the_copy_in_a_bundle_answers_with_lines_of_json(own: Path, pictures: Path) -> None:
    done = run(own, pictures)
    lines = [json.loads(text) for text in done.stdout.splitlines()]
    model = predict.load(own, "classification")
    assert done.returncode == 1
    assert [Path(found.pop("file")) for found in lines] == [pictures / "a.png", pictures / "b/c.PNG"]
    assert lines == model.predict([noise(seed=0), noise(seed=1)])
    assert done.stderr.startswith(f"predict.py: not read: {pictures / 'd.png'}: PNG, 200 bytes: ")


def test_the_copy_in_a_bundle_answers_with_a_table(own: Path, pictures: Path) -> None:
    done = run(own, pictures / "a.png", "--task", "detection", "--format", "csv", "--threshold", "0")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    boxes = predict.load(own, "detection").predict([noise()])[0]["boxes"]
    assert (done.returncode, done.stderr) == (0, "")
    assert rows[0] == ["file", "label", "score", "x_min", "y_min", "x_max", "y_max"]
    assert len(rows) == 4
    assert [row[:2] for row in rows[1:3]] == [[str(pictures / "a.png"), box["label"]] for box in boxes]


def test_an_image_without_boxes_keeps_its_row() -> None:
    assert predict.csv_rows("a.png", {"boxes": []}) == [["a.png", "", "", "", "", "", ""]]


def test_the_copy_says_what_is_wrong_with_its_bundle(own: Path, pictures: Path) -> None:
    done = run(own, pictures, "--task", "segmentation")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no 'segmentation'; it has classification and detection" in done.stderr


def test_the_file_is_python_3_9_and_stands_alone() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {name.partition(".")[0] for node in ast.walk(tree) for name in names_of(node)}
    assert imported - set(sys.stdlib_module_names) == {"numpy", "onnxruntime", "PIL"}


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [str(node.module)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
