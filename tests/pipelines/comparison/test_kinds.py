import pytest

from pipelines.comparison import kinds
from pipelines.comparison.record import Record, StageRecord

RECORD = Record(
    {
        "ingest_data": StageRecord("", {"data/raw": "1", "transfer/a.py": "2"}, {"data/ingested": "3"}),
        "fetch_backbone": StageRecord("", {"data/weights": "4"}, {"models/backbone": "5"}),
        "package_handoff": StageRecord("", {"stages": "6", "data/ingested": "3", "dvc.yaml": "7"}, {}),
        "build_report": StageRecord("", {"models": "8", "release": "9", "transfer/templates": "10"}, {}),
    },
    (),
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("params.yaml", "params"),
        ("dvc.lock", "record"),
        ("selection/dvc.lock", "record"),
        ("data/raw.dvc", "data"),
        ("data/raw/images/1.png", "data"),
        ("data/weights/model.pth.dvc", "weights"),
        ("transfer/a.py", "code"),
        ("transfer/new.py", "code"),
        ("stages/x.py", "code"),
        ("dvc.yaml", "code"),
        ("transfer/templates/page.html", "code"),
        ("release/log.jsonl", "record"),
        ("requirements.lock", "code"),
        ("docs/page.md", "code"),
    ],
)
def test_every_file_is_of_one_kind(path: str, kind: str) -> None:
    assert kind == kinds.of_file(path, RECORD)


def test_sources_are_what_no_stage_writes() -> None:
    found = {"data/raw", "transfer/a.py", "data/weights", "stages", "dvc.yaml", "release", "transfer/templates"}

    assert found == set(RECORD.sources())


def test_a_log_of_promotions_is_no_data() -> None:
    assert {"record", "code", "params"} == {
        kinds.of_source(path, ["build_report"]) for path in ("release", "transfer/templates", "params.yaml")
    }


def test_sections_that_choose_data_or_weights_belong_to_them() -> None:
    sections = {"split_data": "data", "fetch_detector": "weights", "candidates": "weights", "recipe": "params"}
    sections |= {"promote": "record", "line": "record"}

    assert sections == {name: kinds.of_section(name) for name in sections}
