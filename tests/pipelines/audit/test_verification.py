import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.audit import signing, verification
from pipelines.audit.provenance import BUILD_TYPE, PREDICATE, STATEMENT
from pipelines.errors import AuditError


def statement(code: int = 0, **files: bytes) -> dict[str, Any]:
    subjects = [{"name": f"made/{n}", "digest": {"sha256": hashlib.sha256(c).hexdigest()}} for n, c in files.items()]
    kept = hashlib.md5(b"recorded").hexdigest()
    close = {"path": "made/close", "outcome": "within tolerance", "difference": None, "recorded": kept}
    output = {"path": "made", "outcome": "within tolerance", "recorded": "1", "found": "2", "files": [close]}
    stage = {"name": "s", "status": "identical", "seconds": 1.0, "sentences": [], "outputs": [output]}
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {},
                "internalParameters": {},
                "resolvedDependencies": [{"name": "revision", "digest": {"gitCommit": "abc"}}],
            },
            "runDetails": {"builder": {"id": "x"}, "metadata": {"startedOn": "now"}},
            "transferline_audit": {
                "verdict": "identical",
                "exit_code": code,
                "stages": [{**stage, "environment": None, "processes_observed": 1}],
            },
        },
    }


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return signing.make_keys(tmp_path / "key")


def seal(tmp_path: Path, value: Any) -> Path:
    file = tmp_path / "provenance.json"
    file.write_text(json.dumps(signing.sealed(value, signing.load_signer(tmp_path / "key"))))
    return file


def test_files_that_match_that_differ_and_that_are_not_here(key: Path, tmp_path: Path) -> None:
    made = tmp_path / "project" / "made"
    made.mkdir(parents=True)
    (made / "same").write_bytes(b"same")
    (made / "other").write_bytes(b"changed")
    # Not what the rerun made, but what was recorded and found equal enough.
    (made / "close").write_bytes(b"recorded")
    file = seal(tmp_path, statement(same=b"same", other=b"other", close=b"found", gone=b"gone"))

    checked = verification.verify(file, key, files=tmp_path / "project")

    assert (2, ["made/other"], 1) == (checked.matching, checked.differing, checked.absent)
    assert (False, "abc") == (checked.good, checked.commit)


def test_neither_the_found_nor_the_recorded_bytes(key: Path, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "close").write_bytes(b"forged")

    assert ["made/close"] == verification.verify(
        seal(tmp_path, statement(close=b"found")), key, files=tmp_path
    ).differing


def test_a_bundle_is_compared_by_the_paths_in_it(key: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "received"
    bundle.mkdir()
    (bundle / "bundle.json").write_bytes(b"{}")
    value = statement()
    digest = {"sha256": hashlib.sha256(b"{}").hexdigest()}
    other = {"name": "handoff/both/bundle.json", "digest": {"sha256": "0"}}
    names = ("handoff/classifier/bundle.json", "made/x")
    value["subject"] = [other, *({"name": name, "digest": digest} for name in names)]

    checked = verification.verify(seal(tmp_path, value), key, files=bundle)

    assert (1, 2, True) == (checked.matching, checked.absent, checked.good)


def test_a_signed_verdict_that_is_bad_is_not_good(key: Path, tmp_path: Path) -> None:
    assert not verification.verify(seal(tmp_path, statement(code=1)), key, files=None).good
    assert verification.verify(seal(tmp_path, statement()), key, files=None).good


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "not the statement of an audit: _type"),
        ({"predicateType": "other"}, "predicateType"),
        ({"predicate": {}}, "predicate.buildDefinition: Field required"),
        ({"subject": [{"name": "x", "digest": {}}]}, "subject.0.digest"),
    ],
)
def test_other_statements_are_refused(change: dict[str, Any], message: str, key: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=message):
        verification.verify(seal(tmp_path, {**statement(), **change}), key, files=None)
