import json
from pathlib import Path

import pytest

from pipelines.audit import outputs
from pipelines.audit.outputs import OutputResult
from pipelines.audit.values.difference import Rules, Tolerance
from pipelines.store import Store, digest_of, files_of, md5_of_file, md5_of_folder

RULES = Rules(Tolerance(0, 0), Tolerance(0.1, 0), Tolerance(0, 0))


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Where the recorded output lies, and where the new one."""
    for place in ("then", "now"):
        (tmp_path / place / "out").mkdir(parents=True)
    return tmp_path / "then", tmp_path / "now"


def hashed(path: Path) -> str:
    return md5_of_folder({name: md5_of_file(file) for name, file in files_of(path).items()})


def compare(places: tuple[Path, Path], *, store: Store | None = None) -> OutputResult:
    then, now = places
    return outputs.compare(
        "out",
        recorded=hashed(then / "out"),
        found=hashed(now / "out"),
        folder=now,
        store=store or Store(then / "cache", then),
        rules=RULES,
    )


def write(place: Path, **files: object) -> None:
    for name, value in files.items():
        (place / "out" / f"{name}.json").write_text(json.dumps(value))


def test_the_same_bytes(places) -> None:
    for place in places:
        write(place, a=1)

    assert ("identical", []) == (compare(places).outcome, compare(places).files)


def test_files_that_are_new_gone_or_changed(places) -> None:
    write(places[0], same=1, gone=1, changed=1, close=1.0)
    write(places[1], same=1, new=1, changed=2, close=1.05)

    result = compare(places)

    assert "different" == result.outcome
    assert [
        "out/changed.json: value: recorded 1, found 2",
        "out/close.json: value: recorded 1, found 1.05, by 0.05",
        "out/gone.json: file: recorded there, found no such file",
        "out/new.json: file: recorded no such file, found there",
    ] == [str(file) for file in result.files]
    assert result.worst is not None
    assert "out/changed.json" == result.worst.path
    assert {} == result.digests


def test_a_tolerated_output_leads_from_old_digests_to_new_ones(places) -> None:
    write(places[0], close=1.0)
    write(places[1], close=1.05)

    result = compare(places)

    old, new = (place / "out" / "close.json" for place in places)
    assert "within tolerance" == result.outcome
    assert {
        hashed(places[0] / "out"): hashed(places[1] / "out"),
        md5_of_file(old): md5_of_file(new),
        digest_of(old, "sha256"): digest_of(new, "sha256"),
    } == result.digests


def test_measured_times(places) -> None:
    for seconds, place in enumerate(places):
        (place / "out" / "page.html").write_text(f"<time data-measured>{seconds}</time>")

    assert "measured times" == compare(places).outcome


def test_recorded_bytes_that_are_nowhere(places, tmp_path) -> None:
    write(places[0], a=1)
    write(places[1], a=2)

    result = compare(places, store=Store(tmp_path / "none", tmp_path / "none"))

    assert "different" == result.outcome
    assert "of which no list of files was found" in str(result.files[0])


def test_an_output_that_is_missing(places) -> None:
    store = Store(places[0], places[0])
    result = outputs.compare("out", recorded="1", found=None, folder=places[1], store=store, rules=RULES)

    assert ("different", "out: output: recorded there, found none") == (result.outcome, str(result.files[0]))
