import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.release import log, registry, repository
from tests.pipelines.conftest import git
from tests.pipelines.release.conftest import MakeBundle


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_people_read_the_gates_and_the_decision(
    project: Path, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    first, second = make_bundle("first"), make_bundle("second", version="1.1.0", right=60)

    promoted, again, refused = run("promote", first), run("promote", first), run("promote", second)

    assert (0, 0, 1) == (promoted.exit_code, again.exit_code, refused.exit_code), refused.output
    assert "steel v1.0.0 is the champion\n  all " in promoted.output
    assert "gates passed; there is no champion yet" in promoted.output
    assert re.search(r"written down in release/log\.jsonl, commit [0-9a-f]{8}", promoted.output)
    assert "is the champion already; nothing to decide" in again.output
    assert re.search(r"classification accuracy +-0\.\d+ +-0\.02 +NO +0\.8333 -> 0\.5000", refused.output)
    assert "steel v1.1.0 is refused; v1.0.0 stays the champion" in refused.output


def test_a_rollback_is_shown(project: Path, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    for number in range(2):
        run("promote", make_bundle(str(number), version=f"1.{number}"))
    (project / "notes.txt").write_text("mine", encoding="utf-8")

    done = run("rollback", "--reason", "Too slow at the customer's")

    assert 0 == done.exit_code
    assert "steel v1.0.0 is the champion again, in place of v1.1.0\n  Too slow at the customer's\n" in done.output
    assert "?? notes.txt" in git(project, "status", "--porcelain")


def test_a_mistake_is_a_sentence(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)

    done = run("promote", tmp_path / "nothing")

    assert 1 == done.exit_code
    assert re.search(r"transferline: .*nothing: not a good bundle, so it is not judged:\n  .*not found", done.output)
    assert 2 == run("rollback").exit_code


@pytest.mark.slow
def test_of_two_at_a_time_each_is_answered_and_the_log_stays_whole(project: Path, make_bundle: MakeBundle) -> None:
    bundles = [make_bundle(str(number), version=f"1.{number}") for number in range(3)]
    command = [sys.executable, "-m", "pipelines.cli", "promote"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    started = [
        subprocess.Popen([*command, str(bundle)], cwd=project, env=environment, stderr=subprocess.PIPE, text=True)
        for bundle in bundles
    ]
    answers = [(child.communicate()[1], child.returncode) for child in started]

    promoted = [said for said, code in answers if code == 0]
    assert promoted
    assert all("another promote or rollback is at work here" in said for said, code in answers if code)
    assert len(promoted) == len(log.read(repository.text(project)))
    (version,) = registry.holders(project, "steel", "champion")
    assert version == log.champions(log.read(repository.text(project)), "steel")[-1]["bundle"]["version"]
