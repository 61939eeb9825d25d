import base64
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from tests.pipelines.audit.conftest import commit, edit


def transferline(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


@pytest.mark.slow
def test_an_audit_is_signed_and_its_files_are_checked(here: Path, tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "result"
    assert 0 == transferline("audit-key", key).exit_code

    done = transferline("audit", "--key", key, "--out", out)

    assert 0 == done.exit_code, done.output
    assert "[1/3] read: identical (2 outputs, " in done.output
    assert "[3/3] measure: identical but for measured times (3 outputs, " in done.output
    assert "Identical but for measured times: HEAD (" in done.output
    statement = json.loads(base64.b64decode(json.loads((out / "provenance.json").read_text())["payload"]))
    names = {subject["name"] for subject in statement["subject"]}
    assert {"made/table.csv", "made/model/model.safetensors", "reports/environment/train.json"} <= names
    materials = {m["name"]: m["digest"] for m in statement["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert {"revision", "dvc.lock", "images", "weights/body.npy"} == set(materials)
    assert "Identical" in (out / "audit.html").read_text()

    checked = transferline("audit", "--verify", out / "provenance.json", "--key", f"{key}.pub")
    assert 0 == checked.exit_code, checked.output
    assert f"Files in {here}: {len(names)} match, 0 are not here." in checked.output

    edit(here / "made" / "table.csv", lambda text: text.replace("5,dent", "5,crack"))
    checked = transferline("audit", "--verify", out / "provenance.json", "--key", f"{key}.pub")
    assert 1 == checked.exit_code
    assert "made/table.csv: not the file that was audited" in checked.output


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_audit_that_is_stopped_leaves_nothing(here: Path, tmp_path: Path, number: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = Path(sys.executable).with_name("transferline")
    process = subprocess.Popen(
        [program, "audit", "--out", tmp_path / "result"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that are run in the background inherit that Ctrl-C is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (no thread of this process holds a lock here)
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("[1/3] read ...")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "transferline: stopped; nothing was written" in said
    assert [] == list(temporary.iterdir())
    assert not (tmp_path / "result").exists()


@pytest.mark.slow
def test_a_difference_ends_with_1_and_is_told(here: Path) -> None:
    edit(here / "params.yaml", lambda text: text.replace("rate: 0.5", "rate: 0.7"))
    commit(here)
    edit(here / "params.yaml", lambda text: text.replace("rate: 0.7", "rate: 0.5"))

    done = transferline("audit", "HEAD", "train")

    assert 1 == done.exit_code
    assert "Changes here that are not committed are no part of it." in done.output
    assert "[1/1] train: DIFFERENT (2 outputs, " in done.output
    assert "    param train.rate: recorded 0.5, params.yaml has 0.7" in done.output
    assert "It begins at train." in done.output
    assert "(not signed: no --key)" in done.output
    assert "Different" in (here / ".transferline" / "audit" / "audit.html").read_text()


@pytest.fixture
def never_run(make_project, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = make_project("stages:\n  train: {cmd: 'true', outs: [a.txt]}\n")
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audit", "train"], "train: no such revision; stages come behind it: transferline audit HEAD STAGE"),
        (["audit", "HEAD", "trian"], "dvc.yaml has no stage 'trian'; did you mean train?"),
        (["audit", "--key", "none"], "none: no such key; transferline audit-key FILE makes a pair"),
        (["audit", "--verify", "none"], "--verify needs the public key of who signed: --key FILE.pub"),
        (["audit", "--out", "params.yaml"], "Invalid value for '--out': dir 'params.yaml' is a file"),
        (["audit-key", "params.yaml"], "params.yaml: exists already; a key is not replaced, name another file"),
        (["determinism", "trian"], "dvc.yaml has no stage 'trian'; did you mean train?"),
        (["determinism", "train", "--revision", "none"], "none: no such revision"),
    ],
)
def test_what_cannot_be_carried_out_ends_with_2(arguments: list[str], message: str, never_run: Path) -> None:
    done = transferline(*arguments)

    assert 2 == done.exit_code
    assert message in done.output


def test_a_revision_without_a_record(never_run: Path) -> None:
    done = transferline("audit")

    assert 2 == done.exit_code
    assert "HEAD: no dvc.lock in this revision: nothing is recorded; run the line and commit dvc.lock" in done.output
