import hashlib
import json
from pathlib import Path

import pytest

from pipelines.comparison.record import Record, StageRecord
from pipelines.comparison.revision import Revision
from pipelines.comparison.storage import Side
from pipelines.store import Store


def digest(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def keep(cache: Path, data: bytes, suffix: str = "") -> str:
    name = digest(data) + suffix
    (cache / name[:2]).mkdir(parents=True, exist_ok=True)
    (cache / name[:2] / name[2:]).write_bytes(data)
    return name


@pytest.fixture
def side(tmp_path: Path) -> Side:
    cache = tmp_path / "cache"
    listing = [{"md5": keep(cache, b"kept"), "relpath": "a.txt"}, {"md5": digest(b"lost"), "relpath": "b.txt"}]
    outs = {
        "out": keep(cache, json.dumps(listing).encode(), ".dir"),
        "metrics.json": digest(b"{}"),
        "gone": f"{digest(b'nowhere')}.dir",
    }
    return Side(Revision(tmp_path, "x", None), Record({"s": StageRecord("", {}, outs)}, ()), Store(cache, tmp_path))


def test_a_file_of_a_folder_is_read_by_its_hash(side: Side) -> None:
    assert b"kept" == side.read("out/a.txt")
    assert {} == side.missing


def test_what_is_not_in_the_cache_may_still_stand_in_the_working_tree(side: Side) -> None:
    file = side.revision.project / "metrics.json"
    file.write_bytes(b"{}")
    assert b"{}" == side.read("metrics.json")

    # What stands there now is something else.
    file.write_bytes(b"[]")
    assert side.read("metrics.json") is None
    assert {"metrics.json": digest(b"{}")} == side.missing


def test_what_is_lost_is_named_by_what_can_be_fetched(side: Side) -> None:
    assert side.read("out/b.txt") is None
    assert side.read("gone/c.txt") is None
    assert {"out": digest(b"lost"), "gone": f"{digest(b'nowhere')}.dir"} == side.missing


def test_what_never_was_is_not_missing(side: Side) -> None:
    assert [None, None] == [side.read("other"), side.read("out/never.txt")]
    assert {} == side.missing
