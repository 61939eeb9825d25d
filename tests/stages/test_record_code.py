import hashlib
import json
from pathlib import Path

import pytest

from stages import record_code

PIPELINE = "stages: {record_code: {deps: [data, transfer/b.py, stages/a.py]}, other: {deps: [c.py]}}\n"


def test_the_hash_of_each_module_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("stages/a.py", "transfer/b.py"):
        Path(file).parent.mkdir()
        Path(file).write_text(file, encoding="utf-8")
    Path("selection").mkdir()
    Path("selection/dvc.yaml").write_text(PIPELINE, encoding="utf-8")

    record_code.run(record=Path("code.json"))

    expected = {file: hashlib.sha256(file.encode()).hexdigest() for file in ("stages/a.py", "transfer/b.py")}
    assert expected == json.loads(Path("code.json").read_text(encoding="utf-8"))
