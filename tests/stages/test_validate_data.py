import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from stages.params import load
from stages.validate_data import ValidateDataParams, run
from transfer.data import dataset
from transfer.data.dataset import Dataset
from transfer.data.drawing.generate import generate
from transfer.data.duplicates.links import GROUP_SCHEMA, LINK_SCHEMA
from transfer.data.ingest.findings import FINDING_SCHEMA
from transfer.errors import DataError, ParamsError, ValidationFailed

Links = list[tuple[int, int, str, float]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("drawn")
    return generate(folder, preset="textures", images_per_class=25, image_size=32, seed=0)


def params(**changes: Any) -> ValidateDataParams:
    """Read the project's own params, and change thresholds and findings by name."""
    usual = load("validate_data", ValidateDataParams).model_dump() | {"data_docs": None}
    for name, value in changes.items():
        section = next((part for part in ("thresholds", "findings") if name in usual[part]), None)
        (usual[section] if section else usual)[name] = value
    return ValidateDataParams.model_validate(usual)


def put(folder: Path, found: Dataset, *, links: Links | None = None, dropped: int = 0) -> None:
    for name in ("ingested", "duplicates/pairs"):
        (folder / name).mkdir(parents=True)
    dataset.write(folder / "ingested", found)
    notes = [("empty_file", f"gone_{i}.png", "0 bytes", "drop") for i in range(dropped)]
    table = pd.DataFrame(notes, columns=FINDING_SCHEMA.names, dtype=str)
    dataset.write_table(folder / "ingested/findings.parquet", table, FINDING_SCHEMA)
    rows = [(a, b, tier, 0.9, 0.0, 0.0, overlap) for a, b, tier, overlap in links or []]
    dataset.write_table(folder / "duplicates/links.parquet", pd.DataFrame(rows, columns=LINK_SCHEMA.names), LINK_SCHEMA)
    groups = pd.DataFrame({"image_id": found.images["image_id"], "duplicate_group": range(len(found.images))})
    dataset.write_table(folder / "duplicates/groups.parquet", groups, GROUP_SCHEMA)
    Image.fromarray(np.zeros((20, 90, 3), dtype=np.uint8)).save(folder / "duplicates/pairs/000001.png")


def validate(folder: Path, **changes: Any) -> dict[str, Any]:
    paths = {"ingested": folder / "ingested", "duplicates": folder / "duplicates", "out": folder / "validation"}
    run(params(**changes), **paths)
    return result(folder)


def result(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "validation/result.json").read_text()))


def found_in(folder: Path, name: str) -> list[dict[str, str]]:
    return [finding for finding in result(folder)["findings"] if finding["finding"] == name]


def changed(found: Dataset, **tables: pd.DataFrame) -> Dataset:
    return Dataset(**(found.__dict__ | tables))


def test_sound_data_pass_and_the_second_run_gives_the_same_bytes(tmp_path: Path, drawn: Dataset) -> None:
    put(tmp_path, drawn)
    assert validate(tmp_path)["success"] is True
    first = {path.name: path.read_bytes() for path in (tmp_path / "validation").iterdir()}
    validate(tmp_path)
    assert {"index.html", "result.json"} == set(first)
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "validation").iterdir()}
    assert [] == result(tmp_path)["findings"]
    assert all(check["passed"] for check in result(tmp_path)["expectations"])
    assert dict.fromkeys(drawn.labels, 25) == result(tmp_path)["statistics"]["images_per_label"]


def test_every_bad_row_is_named_and_the_line_stops(tmp_path: Path, drawn: Dataset) -> None:
    images = drawn.images.copy()
    images.loc[images.index[:40], "width"] = 9
    put(tmp_path, changed(drawn, images=images))
    with pytest.raises(ValidationFailed) as caught:
        validate(tmp_path)
    assert images["file"][:40].tolist() == [finding["file"] for finding in found_in(tmp_path, "image_size")]
    assert result(tmp_path)["success"] is False
    message = str(caught.value)
    assert "40  image_size: a side of the image is shorter than min_side or longer than max_side" in message
    assert "dots_0001.png  shorter side is 9, expected at least 32 pixels" in message
    assert "... and 35 more" in message
    assert "validation/index.html" in message


def test_a_warning_lets_the_line_go_on(tmp_path: Path, drawn: Dataset) -> None:
    put(tmp_path, drawn)
    summary = validate(tmp_path, min_images_per_class=26, few_images_of_class="warn")
    assert summary["success"] is True
    reasons = [(finding["reason"], finding["action"]) for finding in found_in(tmp_path, "few_images_of_class")]
    assert ("class dots: count is 25, expected at least 26 image(s)", "warn") == reasons[0]
    assert 4 == len(reasons)


def test_a_single_class_is_a_sentence_that_says_what_to_do(tmp_path: Path, drawn: Dataset) -> None:
    alone = drawn.images[drawn.images["label"] == "dots"].assign(label="dots")
    boxes = drawn.boxes[drawn.boxes["image_id"].isin(alone["image_id"])]
    put(tmp_path, changed(drawn, images=alone, boxes=boxes, labels=("dots",), categories=("dots",)))
    with pytest.raises(ValidationFailed) as caught:
        validate(tmp_path, min_images=1)
    assert "few_classes: there are fewer classes than min_classes" in str(caught.value)
    assert "there are 1 class(es), expected at least 2" in str(caught.value)
    assert "Mend the data, or choose warn in validate_data.findings" in str(caught.value)


def test_bad_boxes_are_named(tmp_path: Path, drawn: Dataset) -> None:
    boxes = drawn.boxes.copy()
    boxes.loc[0, "x_max"] = boxes.loc[0, "x_min"] + 1.5
    boxes.loc[1, ["x_min", "x_max"]] = [-2.0, 20.0]
    boxes.loc[2, "category"] = "rust"
    boxes.loc[3, "image_id"] = 9999
    boxes.loc[5, "box_id"] = 4
    put(tmp_path, changed(drawn, boxes=boxes))
    with pytest.raises(ValidationFailed):
        validate(tmp_path)
    assert ["box 0 (dots): shorter side is 1.5, expected at least 3 pixels"] == [
        finding["reason"] for finding in found_in(tmp_path, "small_box")
    ]
    assert ["box 1 (dots): overhang is 2, expected at most 0 pixels over the edge"] == [
        finding["reason"] for finding in found_in(tmp_path, "box_outside_image")
    ]
    assert "category is rust, expected one of dots, grid" in found_in(tmp_path, "unknown_category")[0]["reason"]
    broken = [finding["reason"] for finding in found_in(tmp_path, "broken_box_row")]
    assert sum("file is missing" in reason for reason in broken) == 1
    assert sum("box id 4 stands in several rows" in reason for reason in broken) == 2
    (bare,) = found_in(tmp_path, "image_without_box")
    assert ("dots_0004.png", "number of boxes is 0, expected at least 1 box(es)") == (bare["file"], bare["reason"])


def test_a_check_that_cannot_be_made_fails_by_its_own_name(
    tmp_path: Path, drawn: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transfer.data.gate import tables

    tables_of = tables.tables

    def without_aspect(found: Dataset) -> dict[str, pd.DataFrame]:
        made = tables_of(found)
        return made | {"images": made["images"].drop(columns="aspect")}

    monkeypatch.setattr(tables, "tables", without_aspect)
    put(tmp_path, drawn)
    with pytest.raises(ValidationFailed, match="check_errored: an expectation could not be checked"):
        validate(tmp_path, image_shape="warn")
    (finding,) = found_in(tmp_path, "check_errored")
    assert ("images.aspect", "fail") == (finding["file"], finding["action"])
    assert 'column "aspect" in BatchData does not exist' in finding["reason"]
    assert [] == found_in(tmp_path, "image_shape")


def test_links_conflicts_and_leaks_are_named(tmp_path: Path, drawn: Dataset) -> None:
    images = drawn.images.copy()
    images["split"] = ["train", "test"] * 50
    links = [(0, 1, "bytes", 1.0), (2, 30, "perceptual", 1.0), (4, 60, "overlap", 0.25)]
    put(tmp_path, changed(drawn, images=images), links=links)
    with pytest.raises(ValidationFailed, match="1  label_conflict: the same picture has two classes"):
        validate(tmp_path, max_linked_share=0.05)
    named = {
        finding["finding"]: (finding["file"], finding["reason"], finding["action"])
        for finding in result(tmp_path)["findings"]
    }
    assert ("dots_0002.png", "the same bytes as dots_0001.png", "warn") == named["identical_images"]
    assert ("grid_0006.png", "the same picture as dots_0003.png", "warn") == named["alike_images"]
    overlap = "shows 25% of the same surface as dots_0005.png"
    assert ("noise_0011.png", overlap, "warn") == named["overlapping_images"]
    assert ("grid_0006.png", "is grid, but dots_0003.png is dots (perceptual)", "fail") == named["label_conflict"]
    assert "is noise, but dots_0005.png is dots (overlap)" == named["overlap_label_conflict"][1]
    assert "is in test, but dots_0001.png is in train (bytes)" == named["duplicate_across_splits"][1]
    assert "6.0% of the images are linked to another, expected at most 5.0%" == named["many_linked_images"][1]
    assert {"bytes": 1, "overlap": 1, "perceptual": 1} == result(tmp_path)["statistics"]["links_per_tier"]


def test_what_ingest_found_is_passed_on_and_too_much_of_it_fails(tmp_path: Path, drawn: Dataset) -> None:
    put(tmp_path, drawn, dropped=25)
    with pytest.raises(ValidationFailed, match=r"25 files \(20.0%\) were dropped"):
        validate(tmp_path)
    assert {"drop"} == {finding["action"] for finding in found_in(tmp_path, "empty_file")}
    assert 25 == len(found_in(tmp_path, "empty_file"))


def test_images_without_labels_or_boxes(tmp_path: Path, drawn: Dataset) -> None:
    bare = Dataset(drawn.root, drawn.images.assign(label=None), drawn.boxes.iloc[:0], (), (), "")
    put(tmp_path, bare)
    assert [] == validate(tmp_path)["findings"]


def test_an_unknown_finding_in_params_is_refused(tmp_path: Path, drawn: Dataset) -> None:
    put(tmp_path, drawn)
    usual = params().model_dump()
    usual["findings"] = {"small_boxes": "fail", **usual["findings"]}
    with pytest.raises(ParamsError, match=r"findings: unknown finding small_boxes; there are: few_images"):
        run(
            ValidateDataParams.model_validate(usual), ingested=tmp_path / "ingested", duplicates=tmp_path / "duplicates"
        )


def test_missing_inputs_name_their_stage(tmp_path: Path, drawn: Dataset) -> None:
    put(tmp_path, drawn)
    (tmp_path / "ingested/findings.parquet").unlink()
    with pytest.raises(DataError, match="run the stage ingest_data first"):
        validate(tmp_path)


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path, drawn: Dataset) -> None:
    images = drawn.images.copy()
    images.loc[0, "file"] = "<script>alert(1)</script>.png"
    images.loc[:, "width"] = 10
    put(tmp_path, changed(drawn, images=images), links=[(1, 2, "overlap", 0.5)], dropped=3)
    with pytest.raises(ValidationFailed):
        validate(tmp_path)
    page = (tmp_path / "validation/index.html").read_text(encoding="utf-8")
    reader = References()
    reader.feed(page)
    assert [] == reader.foreign
    assert {"script", "link", "iframe"}.isdisjoint(reader.tags)
    assert "url(" not in page
    assert "@import" not in page
    assert [] == reader.open
    assert "Failed" in page.split("</header>")[0]
    assert page.index("Why the line stops") < page.index("<h2>The data</h2>")
    assert "data:image/jpeg;base64," in page


def test_data_docs_are_written_on_request(tmp_path: Path, drawn: Dataset) -> None:
    put(tmp_path, drawn)
    validate(tmp_path, data_docs=str(tmp_path / "docs"))
    assert {"ingested", "duplicates", "validation", "docs"} == {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "docs/index.html").is_file()


def test_the_findings_of_params_are_those_the_gate_knows() -> None:
    from transfer.data.gate.gate_findings import KINDS

    section = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["validate_data"]
    assert list(KINDS) == list(section["findings"])


class References(HTMLParser):
    """Collects tags, addresses that lead out of the page, and elements left open."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "xlink:href") and not str(value).startswith("data:"):
                self.foreign.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()
