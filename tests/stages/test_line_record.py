import subprocess
from pathlib import Path

import pytest
import yaml

from stages import line_record


def entry(deps: list[str], outs: list[str]) -> dict:
    return {"cmd": "a", "deps": [{"path": path} for path in deps], "outs": [{"path": path} for path in outs]}


def test_entries_are_those_that_led_to_the_files(tmp_path: Path) -> None:
    stages = {
        "b": entry(["data/a"], ["reports/b/metrics.json", "models/b"]),
        "a": entry(["data/raw"], ["data/a"]),
        "beside": entry(["data/a"], ["reports/beside.json"]),
        "after": entry(["reports/b"], ["handoff"]),
    }
    lock = tmp_path / "dvc.lock"
    lock.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))

    assert {"a": stages["a"], "b": stages["b"]} == line_record.upstream([Path("reports/b")], lock=lock)
    assert ["a"] == list(line_record.upstream([Path("data/a/images")], lock=lock))
    assert {} == line_record.upstream([Path("data/raw")], lock=lock)
    assert {} == line_record.upstream([Path("a")], lock=tmp_path / "none")


def test_params_are_those_of_all_entries(tmp_path: Path) -> None:
    recorded = {
        "b": {"params": {"params.yaml": {"strategies.full": {"rate": 1}, "runtime": {"seed": 0}}}},
        "a": {"params": {"params.yaml": {"strategies.partial.rate": 2, "runtime": {"seed": 0}}}},
        "without": {},
    }

    found = line_record.params(recorded)

    assert found == {"runtime": {"seed": 0}, "strategies": {"full": {"rate": 1}, "partial": {"rate": 2}}}


def git(*arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def test_the_revision_is_the_last_that_changed_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = [Path("code")]
    Path("code").mkdir()
    Path("code/a.py").write_text("1")
    assert {"revision": None, "uncommitted": False} == line_record.revision(code)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "code")
    made = git("rev-parse", "HEAD")
    Path("dvc.lock").write_text("record of the run")
    git("add", ".")
    git("commit", "--quiet", "-m", "record")
    assert {"revision": made, "uncommitted": False} == line_record.revision(code)

    Path("code/a.py").write_text("2")
    assert {"revision": made, "uncommitted": True} == line_record.revision(code)


def test_a_machine_without_git_has_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert {"revision": None, "uncommitted": False} == line_record.revision([Path("code")])
