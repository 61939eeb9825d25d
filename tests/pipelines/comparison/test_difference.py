import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.comparison import difference, staleness
from pipelines.errors import RevisionError
from tests.pipelines.comparison.conftest import replace, run_and_commit
from tests.pipelines.conftest import git


def compared(project: Path, old: str = "HEAD~1", new: str | None = "HEAD") -> dict[str, Any]:
    return difference.compare(*difference.sides(project, old, new))


@pytest.fixture(scope="module")
def second_run(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The line after a second run in which something of every kind has changed."""
    line = tmp_path_factory.mktemp("changed") / "project"
    shutil.copytree(first_run, line)
    replace(
        line / "data/raw/images.csv",
        ("b/13.png,13,b,train,right\n", "b/14.png,14,b,train,right\n"),  # removed and added
        ("a/00.png,0,a,test", "a/00.png,0,b,test"),  # relabelled
        ("b/11.png,11,b,train", "b/11.png,11,b,val"),  # moved
        ("a/10.png,10,", "a/renamed.png,10,"),  # renamed
        ("a/12.png,12,", "a/12.png,120,"),  # replaced
    )
    replace(
        line / "data/raw/boxes.csv",
        ("a/00.png,dent,0,0,4,4", "a/00.png,dent,0,0,4,5"),  # moved
        ("a/00.png,spot", "a/00.png,dent"),  # recategorised
        ("b/01.png,dent,1,1,3,3", "b/01.png,dent,5,5,8,8\nb/01.png,spot,5,5,8,8"),  # removed, two added
    )
    replace(line / "params.yaml", ("skill: 4", "skill: 6, more: [1, 2]"))
    replace(line / "stages/evaluate_classifier.py", ("BONUS = 0", "BONUS = 1"))
    (line / "data/weights.txt").write_text("2\n", encoding="utf-8")
    run_and_commit(line)
    return line


@pytest.fixture
def changed(second_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(second_run, tmp_path / "changed"))


def test_every_change_of_the_data_is_named(changed: Path) -> None:
    data = compared(changed)["data"]

    images = data["images"]
    assert (14, 14, 13) == (images["old"], images["new"], images["in_both"])
    assert [{"file": "b/14.png", "label": "b", "split": "train"}] == images["added"]
    assert [{"file": "b/13.png", "label": "b", "split": "train"}] == images["removed"]
    assert ["a/12.png"] == images["replaced"]
    assert [{"file": "a/renamed.png", "old": "a/10.png", "new": "a/renamed.png"}] == images["renamed"]
    assert [{"file": "a/00.png", "old": "a", "new": "b"}] == images["relabelled"]
    assert [{"file": "b/11.png", "old": "train", "new": "val"}] == images["moved"]
    assert {"test": 10, "train": 4} == images["splits"]["old"]
    assert ["data/raw"] == [source["path"] for source in data["sources"]]


def test_every_change_of_a_box_is_named(changed: Path) -> None:
    boxes = compared(changed)["data"]["boxes"]

    found = [(change["image"], change["change"]) for change in boxes["changes"]]
    first, second = "a/00.png", "b/01.png"
    assert [(first, "recategorised"), (first, "moved")] == found[:2]
    assert [(second, "removed"), (second, "added"), (second, "added")] == found[2:]
    assert (3, 4, 2, 1, 1, 1) == tuple(
        boxes[key] for key in ("old", "new", "added", "removed", "moved", "recategorised")
    )


def test_params_code_and_weights_are_named(changed: Path) -> None:
    found = compared(changed)

    assert [
        {"key": "evaluate_classifier.more", "change": "added", "old": None, "new": [1, 2], "kind": "params"},
        {"key": "evaluate_classifier.skill", "change": "changed", "old": 4, "new": 6, "kind": "params"},
    ] == found["params"]
    path = "stages/evaluate_classifier.py"
    assert {path: {"change": "changed", "stages": ["evaluate_classifier"]}} == found["code"]["files"]
    stage = {"change": "changed", "command": False, "files": [path]}
    assert {"evaluate_classifier": stage} == found["code"]["stages"]
    assert ["data/weights.txt"] == [source["path"] for source in found["weights"]["sources"]]
    (model,) = found["weights"]["models"]
    steps = [{"stage": "fetch_backbone", "quality": quality} for quality in (1, 2)]
    assert ("models/backbone", [{"step": 1, "old": steps[0], "new": steps[1]}]) == (model["path"], model["lineage"])


def test_what_became_of_the_numbers(changed: Path) -> None:
    found = compared(changed)

    (parts,) = found["metrics"].values()
    rows = {row["key"]: (row["old"], row["new"]) for row in parts["numbers"]}
    # Of ten test images the first five were right; now it is nine.
    assert {"accuracy": (0.5, 0.9), "num_images": (10, 10)} == rows
    assert (0.4, 1.0) == (
        parts["per_class"]["b"]["recall"]["old"],
        pytest.approx(parts["per_class"]["b"]["recall"]["new"], abs=0.2),
    )


def test_answers_are_compared_image_by_image(changed: Path) -> None:
    answers = compared(changed)["answers"]

    # One of ten test images was relabelled.
    assert (10, 0, 0, 1) == tuple(answers[key] for key in ("in_both", "only_old", "only_new", "relabelled"))
    rows = {(row["kind"], row["name"]): row for row in answers["changes"]}
    assert {("all", "all"), ("class", "a"), ("class", "b")} == rows.keys()
    assert (9, 4, 0) == tuple(rows["all", "all"][key] for key in ("images", "gained", "lost"))
    assert rows["all", "all"]["p_value"] == pytest.approx(2 * 0.5**4)


def test_a_revision_does_not_differ_from_itself(line: Path) -> None:
    found = compared(line, "HEAD", None)

    assert [] == found["params"] == found["missing"] == found["weights"]["models"] == found["data"]["sources"]
    assert {"stages": {}, "files": {}} == found["code"]
    images = found["data"]["images"]
    assert [] == [
        images[key] for key in ("added", "removed", "replaced", "renamed", "relabelled", "moved") if images[key]
    ]
    assert [] == found["data"]["boxes"]["changes"]
    assert all(row["change"] == 0 for parts in found["metrics"].values() for row in parts["numbers"])


def test_the_working_tree_is_compared_as_it_is(line: Path) -> None:
    replace(line / "params.yaml", ("skill: 4", "skill: 6"))

    found = compared(line, "HEAD", None)

    assert ["evaluate_classifier.skill"] == [change["key"] for change in found["params"]]
    assert {"working tree"} == {found["new"]["label"]}
    assert ["evaluate_classifier"] == staleness.of(line)


def test_what_is_not_in_the_cache_is_named_and_the_rest_is_told(changed: Path) -> None:
    shutil.rmtree(changed / ".dvc" / "cache")

    found = compared(changed)

    missing = {entry["path"]: entry for entry in found["missing"] if entry["revision"].startswith("HEAD~1")}
    assert {"data/ingested", "data/splits", "models/backbone", "reports/classifier/metrics.json"} <= missing.keys()
    assert "dvc fetch --all-commits" == missing["data/ingested"]["fetch"]
    assert found["data"]["images"] is None
    assert ["evaluate_classifier.more", "evaluate_classifier.skill"] == [change["key"] for change in found["params"]]


def test_a_missing_split_table_moves_no_image(changed: Path) -> None:
    digest = difference.sides(changed, "HEAD~1", "HEAD")[0].record.outs["data/splits"]
    (changed / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]).unlink()

    found = compared(changed)

    assert [] == found["data"]["images"]["moved"]
    assert ["a/00.png"] == [change["file"] for change in found["data"]["images"]["relabelled"]]
    assert ["data/splits"] == [entry["path"] for entry in found["missing"]]


def test_a_revision_that_git_does_not_know_is_refused(line: Path) -> None:
    with pytest.raises(RevisionError, match="no-such: git knows no such commit here"):
        difference.sides(line, "no-such", None)


def test_a_revision_without_a_run_is_refused(line: Path) -> None:
    git(line, "rm", "--quiet", "--cached", "dvc.lock")
    git(line, "commit", "--quiet", "--message", "Forget")

    with pytest.raises(RevisionError, match=r"holds no dvc\.lock, so nothing is known of a run"):
        difference.sides(line, "HEAD", None)


def test_a_revision_without_a_line_is_refused(line: Path) -> None:
    git(line, "rm", "--quiet", "--cached", "dvc.yaml")
    git(line, "commit", "--quiet", "--message", "Forget")

    with pytest.raises(RevisionError, match=r"holds no dvc\.yaml here"):
        difference.sides(line, "HEAD", None)
