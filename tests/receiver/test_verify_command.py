from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from receiver.standalone import verify
from tests.stages.test_handoff import params
from tests.transfer.handoff import drawn


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from stages import package_handoff

    monkeypatch.chdir(tmp_path)
    drawn.make()
    for folder in ("stages", "transfer", "receiver"):
        Path(folder).mkdir()
    for file in ("LICENSE", "params.yaml", "requirements.lock"):
        Path(file).touch()
    package_handoff.run(params())
    return Path("handoff/bundle")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", *arguments])


def test_a_good_bundle_is_said_to_be_good(bundle: Path) -> None:
    done = run(str(bundle))

    assert done.exit_code == 0
    assert f"every byte is as it was packed; digest {verify.digest(bundle)}" in done.output
    assert "all golden inputs were answered as expected" in done.output


def test_a_zip_is_checked_without_its_golden_inputs_when_asked_so(bundle: Path) -> None:
    done = run(f"{bundle}.zip", "--no-golden", "--digest", verify.digest(bundle))

    assert done.exit_code == 0
    assert "golden" not in done.output


def test_another_digest_than_the_senders_is_refused(bundle: Path) -> None:
    done = run(str(bundle), "--digest", "ab" * 32)

    assert done.exit_code == 1
    assert f"its digest is {verify.digest(bundle)}, expected {'ab' * 32}" in done.output


def test_what_is_wrong_is_named(bundle: Path) -> None:
    (bundle / "LICENSE").write_text("none")
    (bundle / "more.txt").touch()
    done = run(str(bundle))

    assert done.exit_code == 1
    assert "added: more.txt\n  changed: LICENSE" in done.output


def test_other_answers_are_named(bundle: Path) -> None:
    from transfer.handoff import checksums

    text = (bundle / "golden/expected.json").read_text()
    (bundle / "golden/expected.json").write_text(text.replace('"crack": 0', '"crack": 1', 1))
    checksums.write(bundle)
    done = run(str(bundle))

    assert done.exit_code == 1
    assert "golden/inputs/" in done.output
    assert "classification: " in done.output
