import hashlib
import json
from pathlib import Path
from typing import Any

from pipelines.comparison import surroundings
from pipelines.comparison.record import Record, StageRecord
from pipelines.comparison.revision import Revision
from pipelines.comparison.storage import Side
from pipelines.store import Store


def side(cache: Path, **stages: Any) -> Side:
    known = {}
    for name, content in stages.items():
        data = json.dumps(content).encode()
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        (cache / digest[:2]).mkdir(exist_ok=True)
        (cache / digest[:2] / digest[2:]).write_bytes(data)
        known[name] = StageRecord("", {}, {f"reports/environment/{name}.json": digest})
    return Side(Revision(cache, "x", None), Record(known, ()), Store(cache, cache))


def test_what_several_stages_saw_is_told_once(tmp_path: Path) -> None:
    before = {
        "python": "3.11.7",
        "packages": {"numpy": "2.4.0", "torch": "2.15.0"},
        "threads": {"OMP_NUM_THREADS": None},
    }
    after = {
        "python": "3.11.9",
        "packages": {"numpy": "2.4.1", "torch": "2.15.0"},
        "threads": {"OMP_NUM_THREADS": None},
    }
    old = side(tmp_path, train=before, split={**before, "packages": {"numpy": "2.4.0"}}, gone=before)
    new = side(tmp_path, train=after, split={**after, "packages": {"numpy": "2.4.1"}}, fresh=after)

    found = surroundings.compare(old, new)

    assert found is not None
    assert 2 == found["stages"]
    told = {change["key"]: (change["old"], change["new"], change["stages"]) for change in found["changes"]}
    assert {
        "packages.numpy": ("2.4.0", "2.4.1", ["split", "train"]),
        "python": ("3.11.7", "3.11.9", ["split", "train"]),
    } == told


def test_a_package_that_only_one_side_loaded_is_named(tmp_path: Path) -> None:
    found = surroundings.compare(side(tmp_path, a={"packages": {}}), side(tmp_path, a={"packages": {"timm": "1"}}))

    assert found is not None
    assert [("packages", "removed"), ("packages.timm", "added")] == [(c["key"], c["change"]) for c in found["changes"]]


def test_without_records_nothing_is_known(tmp_path: Path) -> None:
    assert surroundings.compare(side(tmp_path), side(tmp_path, train={})) is None
