import json

import pytest

from transfer.errors import DataError
from transfer.report import champion, coco_files, evidence, predictions


@pytest.mark.parametrize("read", [evidence.read_json, lambda path: evidence.read_csv(path, ())])
def test_a_missing_file_is_named_with_what_to_do(tmp_path, read) -> None:
    with pytest.raises(DataError, match=r"metrics: not found; run the stage .* or leave its task out of build_report"):
        read(tmp_path / "metrics")


def test_a_broken_file_is_named(tmp_path) -> None:
    (tmp_path / "metrics.json").write_text("{")

    with pytest.raises(DataError, match=r"metrics.json: not JSON .* run the stage that writes it again"):
        evidence.read_json(tmp_path / "metrics.json")


def test_a_missing_column_is_named(tmp_path) -> None:
    (tmp_path / "table.csv").write_text("epoch,phase\n1,all\n")

    with pytest.raises(DataError, match=r"table.csv: expected the columns epoch, val_loss; val_loss missing"):
        evidence.read_csv(tmp_path / "table.csv", ("epoch", "val_loss"))


def test_an_empty_table_is_refused(tmp_path) -> None:
    (tmp_path / "table.csv").write_text("")

    with pytest.raises(DataError, match=r"table.csv: not a table"):
        evidence.read_csv(tmp_path / "table.csv", ())


def test_names_of_classes_stay_text(tmp_path) -> None:
    rows = [
        "image_id,file,label,predicted,confidence,p_01,p_NA",
        "4,4.png,01,NA,0.75,0.25,0.75",
        "7,7.png,NA,NA,0.5,0.5,0.5",
    ]
    (tmp_path / "predictions.csv").write_text("\n".join(rows) + "\n")

    found = predictions.read(tmp_path)

    assert ("01", "NA") == found.categories
    assert [[0, 1], [1, 1]] == [found.labels.tolist(), found.answers.tolist()]
    assert [[0.25, 0.75], [0.5, 0.5]] == found.probabilities.tolist()


def test_a_class_without_a_column_is_named(tmp_path) -> None:
    (tmp_path / "predictions.csv").write_text("image_id,file,label,predicted,confidence,p_a\n4,4.png,a,b,0.75,0.25\n")

    with pytest.raises(DataError, match=r"no column p_b for the class 'b'; run evaluate_classifier again"):
        predictions.read(tmp_path)


def test_boxes_are_read_as_corners_with_names(tmp_path) -> None:
    (tmp_path / "truth.json").write_text(
        '{"images": [{"id": 9, "file_name": "9.png"}, {"id": 2, "file_name": "2.png"}], '
        '"categories": [{"id": 1, "name": "a"}], '
        '"annotations": [{"id": 1, "image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 1}]}'
    )
    (tmp_path / "detections.json").write_text("[]")

    found = coco_files.boxes(*coco_files.read(tmp_path))

    assert [2, 9] == found.image_ids
    assert [(9, "a", 1, 2, 4, 6, True)] == list(found.truth.itertuples(index=False, name=None))
    assert ["image_id", "category", "x_min", "y_min", "x_max", "y_max", "score"] == list(found.found.columns)


def test_without_a_log_there_is_no_champion(tmp_path) -> None:
    assert champion.newest(tmp_path) is None


def log(folder, *decisions):
    lines = [
        {"decision": decision, "bundle": {"name": name, "version": version}} for decision, name, version in decisions
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("decisions", "version"),
    [
        ([("promoted", "a", "1"), ("promoted", "a", "2"), ("refused", "a", "3")], "2"),
        ([("promoted", "a", "1"), ("promoted", "a", "2"), ("rolled back", "a", "1")], "1"),
        ([("promoted", "a", "1"), ("promoted", "b", "7"), ("promoted", "a", "2"), ("rolled back", "a", "1")], "1"),
        ([("promoted", "a", "1"), ("promoted", "b", "7")], "7"),
    ],
)
def test_the_champion_is_what_the_last_decision_left(tmp_path, decisions, version) -> None:
    log(tmp_path, *decisions)

    assert version == (champion.newest(tmp_path) or {})["version"]


def test_where_all_were_refused_there_is_no_champion(tmp_path) -> None:
    log(tmp_path, ("refused", "a", "1"))

    assert champion.newest(tmp_path) is None


@pytest.mark.parametrize("line", ["hello", "[]", "{}", '{"decision": "promoted", "bundle": {}}'])
def test_a_broken_line_of_the_log_is_named(tmp_path, line) -> None:
    log(tmp_path, ("promoted", "a", "1"))
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write(f"{line}\n")

    with pytest.raises(DataError, match=r"log.jsonl: line 2: not a decision"):
        champion.newest(tmp_path)


def test_figures_are_compared_where_both_have_them() -> None:
    known = {
        "name": "steel",
        "version": "v1",
        "metrics": {"classification": {"accuracy": 0.9, "ece": 0.02, "extra": 1}},
    }
    metrics = {"classification": {"accuracy": 0.95, "ece": 0.03, "macro_f1": 0.9}, "detection": {"AP": 0.4}}

    found = champion.compare(known, metrics)

    # More calibration error is worse.
    assert [("accuracy", "up"), ("ece", "down")] == [(row["name"], row["state"]) for row in found["rows"]]
    assert found["rows"][0]["change"] == pytest.approx(0.05)
