import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from stages.ingest_data import IngestDataParams, run
from stages.params import load
from transfer.data import dataset
from transfer.data.ingest.findings import KINDS
from transfer.data.pixels import read_images
from transfer.errors import DataError, ParamsError

USUAL: dict[str, Any] = {
    "source": "auto",
    "path": "source",
    "generated": {"preset": "textures", "images_per_class": 2, "image_size": 48, "seed": 0},
    "labels": [],
    "categories": [],
    "label_from": "annotation",
    "label_pattern": None,
    "label_without_boxes": None,
    "group_pattern": None,
    "voc_first_pixel": 1,
    "channels": 3,
    "sixteen_bit_window": [0, 65535],
    "follow_links": False,
    "num_threads": 2,
    "max_pixels": 1_000_000,
    "max_file_bytes": 10_000_000,
    "max_total_bytes": 10_000_000,
    "max_ratio": 200.0,
    "findings": {name: "fix" if "fix" in kind.allowed else "fail" for name, kind in KINDS.items()},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").mkdir()
    return tmp_path


def params(findings: dict[str, str] | None = None, **changed: Any) -> IngestDataParams:
    section = {**USUAL, **changed, "findings": {**USUAL["findings"], **(findings or {})}}
    Path("params.yaml").write_text(yaml.safe_dump({"ingest_data": section}))
    return load("ingest_data", IngestDataParams)


def png(seed: int = 0) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def put(name: str, content: bytes | str) -> None:
    path = Path("source") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


VOC = (
    "<annotation><filename>{name}</filename><size><width>30</width><height>20</height></size><object><name>crack</name>"
    "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{right}</xmax><ymax>9</ymax></bndbox></object></annotation>"
)


@pytest.mark.parametrize("preset", ["textures", "steel"])
def test_a_generated_source_is_drawn_checked_and_kept_beside_its_tables(project: Path, preset: str) -> None:
    chosen = params(source="generated", generated={**USUAL["generated"], "preset": preset})
    run(chosen, out=project / "one")
    run(chosen, out=project / "two")
    found = dataset.read(project / "one")
    assert len(found.images) == 2 * len(found.labels)
    assert found.root == project / "one/images"
    assert [image_id for image_id, _ in read_images(found, found.images["image_id"], num_threads=2)] == list(
        found.images["image_id"]
    )
    first, second = outputs(project / "one"), outputs(project / "two")
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"dataset.json"}  # its root names the folder


def test_a_folder_is_read_in_place(project: Path) -> None:
    put("crack/a.png", png(1))
    put("hole/b.png", png(2))
    before = outputs(project / "source")
    run(params(), out=project / "out")
    found = dataset.read(project / "out")
    assert (found.root, found.labels) == (Path("source"), ("crack", "hole"))
    assert set(outputs(project / "out")) == {"images.parquet", "boxes.parquet", "dataset.json", "findings.parquet"}
    assert outputs(project / "source") == before


def test_a_zip_gives_the_same_tables_as_its_folder(project: Path) -> None:
    put("a.png", png(1))
    put("a.xml", VOC.format(name="a", right=31))
    run(params(label_from="boxes"), out=project / "folder")
    with zipfile.ZipFile("data.zip", "w") as archive:
        for path in (project / "source").iterdir():
            archive.write(path, path.name)
    run(params(label_from="boxes", path="data.zip"), out=project / "zip")
    folder, zipped = outputs(project / "folder"), outputs(project / "zip")
    assert {name for name in folder if folder[name] != zipped[name]} == {"dataset.json"}
    boxes = dataset.read(project / "zip").boxes
    assert boxes[["category", "x_min", "y_min", "x_max", "y_max"]].to_numpy().tolist() == [["crack", 0, 0, 30, 9]]
    findings = pd.read_parquet(project / "zip/findings.parquet")
    assert findings[["finding", "file", "action"]].to_numpy().tolist() == [
        ["box_over_edge", "a.png", "fix"],
        ["filename_without_extension", "a.xml", "fix"],
    ]


def test_a_yolo_source_reads_its_yaml(project: Path) -> None:
    put("data.yaml", "train: images/train\nnames:\n  0: crack\n  1: hole\n")
    put("images/train/a.png", png())
    put("labels/train/a.txt", "1 0.5 0.5 1 0.5\n")
    run(params(label_from="none"), out=project / "out")
    found = dataset.read(project / "out")
    assert found.boxes[["category", "x_min", "y_min", "x_max", "y_max"]].to_numpy().tolist() == [["hole", 0, 5, 30, 15]]
    assert list(found.images["split"]) == ["train"]


def test_labels_and_groups_come_from_file_names(project: Path) -> None:
    put("batch7_crack_1.png", png())
    run(
        params(label_from="file_name", label_pattern=r"_([a-z]+)_\d", group_pattern=r"(batch\d+)_"), out=project / "out"
    )
    assert dataset.read(project / "out").images[["label", "group"]].to_numpy().tolist() == [["crack", "batch7"]]


def test_a_failure_lists_everything_and_leaves_the_last_output_alone(project: Path) -> None:
    put("cat/a.png", png())
    run(params(), out=project / "out")
    before = outputs(project / "out")
    put("cat/empty.png", b"")
    put("cat/text.png", b"text")
    put("notes.txt", "text")
    with pytest.raises(DataError) as caught:
        run(params(), out=project / "out")
    for name in ("empty_file  ", "cat/empty.png", "not_an_image", "cat/text.png", "other_file", "notes.txt"):
        assert name in str(caught.value)
    assert outputs(project / "out") == before
    assert sorted(path.name for path in project.iterdir()) == ["out", "params.yaml", "source"]


def test_what_is_dropped_is_listed(project: Path) -> None:
    put("cat/a.png", png())
    put("cat/empty.png", b"")
    run(params({"empty_file": "drop"}), out=project / "out")
    assert pd.read_parquet(project / "out/findings.parquet").to_numpy().tolist() == [
        ["empty_file", "cat/empty.png", "the file has zero bytes", "drop"]
    ]
    assert list(dataset.read(project / "out").images["file"]) == ["cat/a.png"]


def test_zip_slip_and_bombs_stop_the_line(project: Path) -> None:
    with zipfile.ZipFile("data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/a.png", png())
        archive.writestr("../evil.png", png())
        archive.writestr("cat/bomb.png", bytes(5_000_000))
    with pytest.raises(DataError) as caught:
        run(params(path="data.zip"), out=project / "out")
    assert "unsafe_path" in str(caught.value)
    assert "climbs out of its folder" in str(caught.value)
    assert "decompression_bomb" in str(caught.value)
    assert not (project / "out").exists()


def encoded(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_further_bands_are_kept_for_readers_that_ask(project: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    put("cat/a.png", encoded(pixels))
    run(params(channels=4), out=project / "out")
    found = dataset.read(project / "out")
    ((_, rgb),), ((_, everything),) = (
        list(read_images(found, [1], num_threads=1, all_channels=all_channels)) for all_channels in (False, True)
    )
    assert (rgb == pixels[:, :, :3]).all()
    assert (everything == pixels).all()
    assert pd.read_parquet(project / "out/findings.parquet").empty
    put("dog/b.png", png())
    with pytest.raises(
        DataError, match=r"other_channels +dog/b.png +3 band\(s\) in 1 page\(s\); ingest_data.channels is 4"
    ):
        run(params(channels=4), out=project / "out")


def test_sixteen_bits_are_seen_through_the_window_and_a_narrow_range_is_named(project: Path) -> None:
    values = np.arange(3000, 3600, dtype=np.uint16).reshape(20, 30)
    put("cat/a.png", encoded(values))
    run(params({"narrow_range": "keep"}), out=project / "out")
    findings = pd.read_parquet(project / "out/findings.parquet").set_index("finding")
    reason = "values from 3000 to 3599, of the window from 0 to 65535: little is left in 8 bits"
    assert reason == findings.loc["narrow_range", "reason"]
    with pytest.raises(DataError, match=f"narrow_range +cat/a.png +{reason}"):
        run(params({"narrow_range": "fail"}), out=project / "out")
    run(params({"narrow_range": "fail"}, sixteen_bit_window=[3000, 3511]), out=project / "out")
    ((_, pixels),) = read_images(dataset.read(project / "out"), [1], num_threads=1)
    assert (pixels == np.minimum((values - 3000) // 2, 255)[:, :, None]).all()


def test_usual_reading_is_not_written_down(project: Path) -> None:
    put("cat/a.png", png())
    run(params(), out=project / "out")
    assert "reading" not in (project / "out/dataset.json").read_text()


def test_classes_may_be_declared(project: Path) -> None:
    put("cat/a.png", png(1))
    put("dog/b.png", png(2))
    with pytest.raises(DataError, match=r"unknown_class +dog/b\.png +label 'dog' is not among ingest_data\.labels"):
        run(params(labels=["cat"]), out=project / "out")


def test_a_missing_source_says_where_images_go(project: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: not found; .*ingest_data\.path"):
        run(params(path="nowhere"), out=project / "out")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"label_pattern": "(a"}, "not a regular expression"),
        ({"group_pattern": "a"}, "has 0 groups in parentheses, expected the one"),
        ({"source": "tfrecord"}, "ingest_data.source: found 'tfrecord'"),
        ({"channels": 2}, "ingest_data.channels: found 2"),
        ({"sixteen_bit_window": [9, 9]}, "a lower and a higher value of 16 bits, from 0 to 65535"),
        ({"max_pixels": 0}, "ingest_data.max_pixels: found 0"),
        ({"generated": {}}, "ingest_data.generated.preset: missing"),
    ],
)
def test_mistakes_in_params_are_named(project: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message.replace("(", r"\(").replace(".", r"\.")):
        params(**changed)


def test_an_action_that_is_not_allowed_is_named(project: Path) -> None:
    with pytest.raises(ParamsError, match="zero_area_box is 'fix'; it may be fail or drop"):
        run(params({"zero_area_box": "fix"}), out=project / "out")


def test_the_projects_own_params_are_complete(project: Path) -> None:
    section = load("ingest_data", IngestDataParams, path=Path(__file__).parents[2] / "params.yaml")
    assert list(section.findings) == list(KINDS)
