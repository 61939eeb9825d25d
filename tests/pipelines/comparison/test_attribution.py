import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.comparison import attribution, difference, mixture
from tests.pipelines.comparison.conftest import replace, run_and_commit, run_line
from tests.pipelines.conftest import git


def attributed(project: Path, new: str | None = "HEAD") -> dict:
    sides = difference.sides(project, "HEAD~1" if new else "HEAD", new)
    return attribution.attribute(*sides, say=lambda text: None)


@pytest.mark.slow
def test_each_kind_is_rerun_alone_and_the_rest_is_their_meeting(line: Path) -> None:
    # Right are the images below skill + quality + bonus: 5 of 10. Two more by each, so that all together hit the top.
    replace(line / "params.yaml", ("skill: 4", "skill: 6"))
    replace(line / "stages/evaluate_classifier.py", ("BONUS = 0", "BONUS = 2"))
    (line / "data/weights.txt").write_text("3\n", encoding="utf-8")
    # And one image that is hard becomes easy.
    replace(line / "data/raw/images.csv", ("b/09.png,9,", "b/09.png,0,"))
    run_and_commit(line)
    before = git(line, "status", "--porcelain"), git(line, "rev-parse", "HEAD")

    found = attributed(line)

    (row,) = found["numbers"]
    assert row["key"] == "reports/classifier/metrics.json: accuracy"
    effects = {kind: row[kind] for kind in ("data", "params", "code", "weights")}
    assert effects == pytest.approx({"data": 0.1, "params": 0.2, "code": 0.2, "weights": 0.2})
    assert (row["total"], row["rest"]) == pytest.approx((0.5, -0.2))
    told = {run["kind"]: (run["answers"]["gained"], run["answers"]["lost"]) for run in found["runs"]}
    assert {"data": (1, 0), "params": (2, 0), "code": (2, 0), "weights": (2, 0)} == told
    assert "another machine or another seed gives others" in found["remarks"][0]
    assert before == (git(line, "status", "--porcelain"), git(line, "rev-parse", "HEAD"))


@pytest.mark.slow
def test_a_change_of_the_working_tree_that_cannot_stand_alone_is_named(line: Path) -> None:
    # New code in a file that git does not know yet, which the old params are too little for.
    (line / "stages" / "bonus.py").write_text("def bonus(skill): return 1 if skill > 4 else 1 / 0\n", encoding="utf-8")
    replace(
        line / "stages/evaluate_classifier.py",
        ("BONUS = 0\n", "from bonus import bonus\n"),
        ("+ BONUS", "+ bonus(skill)"),
    )
    replace(line / "params.yaml", ("skill: 4", "skill: 5"))
    run_line(line)

    found = attributed(line, None)

    failed = {run["kind"]: run["failed"] for run in found["runs"]}
    assert failed["params"] is None
    assert "evaluate_classifier" in failed["code"]
    (row,) = found["numbers"]
    assert (0.1, None, 0.2) == (pytest.approx(row["params"]), row["code"], pytest.approx(row["total"]))


def test_one_kind_alone_needs_no_rerun(line: Path) -> None:
    replace(line / "params.yaml", ("skill: 4", "skill: 6"))
    run_and_commit(line)

    assert {"runs": [], "numbers": [], "remarks": ["Only params changed, so all comes from there."]} == attributed(line)


def test_nothing_is_rerun_where_nothing_changed(line: Path) -> None:
    assert ["Nothing changed."] == attributed(line, None)["remarks"]


def test_without_the_old_numbers_there_is_nothing_to_attribute(line: Path) -> None:
    replace(line / "params.yaml", ("skill: 4", "skill: 6"))
    (line / "data/weights.txt").write_text("2\n", encoding="utf-8")
    run_and_commit(line)
    digest = difference.sides(line, "HEAD~1", "HEAD")[0].record.outs["reports/classifier/metrics.json"]
    (line / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]).unlink()

    assert ["Nothing to attribute without reports/classifier/metrics.json."] == attributed(line)["remarks"]


OLD = {"evaluate": {"a": 1, "gone": 2, "deep": {"x": 1}}, "ingest_data": {"n": 5}}
NEW = {"evaluate": {"a": 3, "deep": {"x": 2, "y": 4}}, "ingest_data": {"n": 6}, "fresh": {"z": 1}}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("params", {"evaluate": {"a": 3, "gone": 2, "deep": {"x": 2}}, "ingest_data": {"n": 5}}),
        ("data", {"evaluate": {"a": 1, "gone": 2, "deep": {"x": 1}}, "ingest_data": {"n": 6}}),
        ("code", {"evaluate": {"a": 1, "deep": {"x": 1, "y": 4}}, "ingest_data": {"n": 5}, "fresh": {"z": 1}}),
    ],
)
def test_new_code_decides_which_keys_there_are(kind: str, expected: dict) -> None:
    assert expected == mixture.mixed_params(OLD, NEW, kind=kind, new_code=True)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("params", {"evaluate": NEW["evaluate"], "fresh": {"z": 1}, "ingest_data": {"n": 5}}),
        ("data", {"evaluate": OLD["evaluate"], "ingest_data": {"n": 6}}),
    ],
)
def test_without_new_code_keys_come_and_go_with_the_params(kind: str, expected: dict) -> None:
    assert expected == mixture.mixed_params(OLD, NEW, kind=kind, new_code=False)


def test_nothing_in_place_of_a_mapping_stays_nothing() -> None:
    mixed = mixture.mixed_params({"a": {"head": None}}, {"a": {"head": {"hidden": []}}}, kind="code", new_code=True)

    assert {"a": {"head": None}} == mixed


@pytest.mark.slow
def test_data_that_dvc_tracks_comes_along(line: Path) -> None:
    git(line, "rm", "--quiet", "-r", "--cached", "data/raw")
    track(line)
    run_and_commit(line)
    replace(line / "data/raw/images.csv", ("b/09.png,9,", "b/09.png,0,"))
    track(line)
    replace(line / "params.yaml", ("skill: 4", "skill: 5"))
    run_and_commit(line)

    found = attributed(line)

    (row,) = found["numbers"]
    assert (0.1, 0.1, 0.2, 0.0) == pytest.approx((row["data"], row["params"], row["total"], row["rest"]))


def track(project: Path) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "add", "--quiet", "data/raw"], cwd=project, check=True)
