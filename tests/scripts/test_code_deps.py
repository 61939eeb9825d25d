from pathlib import Path

import pytest
import yaml

from scripts import code_deps

DVC_YAML = """\
# first comment
stages:
  one:
    cmd: python -m stages.one
    deps:
      - data/raw   # from people
      - stages/old.py
    outs:
      - data/one

  two:
    cmd: python -m stages.two
    outs:
      - two

  later:
    cmd: python -m stages.later
    deps:
      - stages/stale.py   # no file yet: left alone
"""


class Graph:
    """Stands in for grimp's graph."""

    def find_upstream_modules(self, module: str) -> set[str]:
        return {"transfer.b", "transfer.a", "transfer.data", "torch"} if module == "stages.one" else set()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in ("stages/one.py", "stages/two.py", "transfer/a.py", "transfer/b.py", "transfer/data/__init__.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_code_follows_the_data_and_comments_stay(folder: Path) -> None:
    text = code_deps.updated(DVC_YAML, Graph())  # type: ignore[arg-type]

    stages = yaml.safe_load(text)["stages"]
    assert ["data/raw", "stages/one.py", "transfer/a.py", "transfer/b.py"] == stages["one"]["deps"]
    assert ["stages/two.py"] == stages["two"]["deps"]
    assert ["stages/stale.py"] == stages["later"]["deps"]
    assert all(comment in text for comment in ("# first comment", "# from people", "# no file yet"))
    assert (["data/one"], ["two"]) == (stages["one"]["outs"], stages["two"]["outs"])
    assert text == code_deps.updated(text, Graph())  # type: ignore[arg-type]


MATRIX = """\
stages:
  record_code:
    cmd: python -m stages.record_code
    deps:
      - dvc.yaml
    outs:
      - code.json

  one:
    matrix: {seed: [0, 1]}
    cmd: python -m stages.one
    deps:
      - code.json
      - stages/old.py
    outs:
      - ${item.seed}
"""


def test_cells_leave_their_code_to_the_stage_that_records_it(folder: Path) -> None:
    (folder / "stages/record_code.py").touch()

    text = code_deps.updated(MATRIX, Graph())  # type: ignore[arg-type]

    stages = yaml.safe_load(text)["stages"]
    recorded = ["dvc.yaml", "stages/record_code.py", "stages/one.py", "transfer/a.py", "transfer/b.py"]
    assert recorded == stages["record_code"]["deps"]
    assert ["code.json"] == stages["one"]["deps"]


FOREACH = """\
stages:
  one:
    foreach: ${entries}
    do:
      cmd: python -m stages.one
      deps:
        - ${item.file}
        - stages/old.py
      outs:
        - ${key}

  two:
    foreach: ${entries}
    do:
      cmd: python -m stages.two
      outs:
        - two-${key}
"""


def test_each_entry_of_a_foreach_stage_has_its_code(folder: Path) -> None:
    text = code_deps.updated(FOREACH, Graph())  # type: ignore[arg-type]

    stages = yaml.safe_load(text)["stages"]
    assert ["${item.file}", "stages/one.py", "transfer/a.py", "transfer/b.py"] == stages["one"]["do"]["deps"]
    assert ["stages/two.py"] == stages["two"]["do"]["deps"]
    assert (["${key}"], ["two-${key}"]) == tuple(stages[name]["do"]["outs"] for name in ("one", "two"))
    assert text == code_deps.updated(text, Graph())  # type: ignore[arg-type]
