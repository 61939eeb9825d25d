import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.comparison import display
from tests.pipelines.comparison.conftest import replace, run_and_commit


@pytest.fixture(scope="module")
def printed(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    line = Path(shutil.copytree(first_run, tmp_path_factory.mktemp("display") / "project"))
    replace(line / "params.yaml", ("skill: 4", "skill: 6"))
    replace(line / "data/raw/images.csv", ("b/11.png,11,b,train", "b/11.png,11,a,train"))
    (line / "data/weights.txt").write_text("2\n", encoding="utf-8")
    run_and_commit(line)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(line)
        done = CliRunner().invoke(app, ["diff", "HEAD~1", "HEAD", "--json", "out/found.json"])
    assert 0 == done.exit_code, done.output
    return done.output, line


def test_people_read_what_changed_first(printed: tuple[str, Path]) -> None:
    text = printed[0]

    assert re.search(r"data\n  source data/raw: other content\n  1 images relabelled:\n    b/11.png: b -> a\n", text)
    assert "params\n  evaluate_classifier.skill  4 -> 6\n\ncode\n  no change\n" in text
    assert "from step 1 of the lineage, fetch_backbone: quality 1 -> 2" in text
    assert "environment\n  not recorded by both\n" in text
    assert re.search(r"accuracy +0\.5 +0\.8 +\+0\.3000", text)
    assert re.search(r"all +10 +3 +0 +\+0\.3000 .* 0\.25", text)


def test_programs_read_json(printed: tuple[str, Path]) -> None:
    found = json.loads((printed[1] / "out/found.json").read_text(encoding="utf-8"))

    assert 1 == found["format"]
    assert {"data", "params", "code", "weights", "environment", "metrics", "answers", "missing"} <= found.keys()


def test_a_mistake_is_a_sentence(line: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(line)
    done = CliRunner().invoke(app, ["diff", "--", "--output=x"])

    assert 1 == done.exit_code
    assert "transferline: --output=x: git knows no such commit here" in done.output


ATTRIBUTED: dict[str, Any] = {
    "numbers": [{"key": "m.json: accuracy", "total": 0.3, "data": 0.1, "code": None, "rest": 0.2}],
    "runs": [
        {
            "kind": "data",
            "failed": None,
            "answers": {"gained": 2, "lost": 1, "images": 10, "p_value": 1.0},
        },
        {"kind": "code", "failed": "no such key", "answers": None},
    ],
    "remarks": ["Once."],
}


def test_effects_of_single_changes_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    display.show_attribution(ATTRIBUTED)

    text = capsys.readouterr().out
    assert re.search(r"metric +in all +data alone +code alone +together", text)
    assert re.search(r"m\.json: accuracy +\+0\.3000 +\+0\.1000 +\+0\.2000", text)
    assert "data alone: 2 images gained, 1 lost of 10; p = 1, within chance" in text
    assert "code alone did not run: no such key" in text
    assert "  Once." in text
