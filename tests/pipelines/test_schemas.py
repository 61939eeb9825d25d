import shutil
from pathlib import Path

import pytest

from pipelines import schemas
from pipelines.errors import ParamsError
from pipelines.params import write

ROOT = Path(__file__).resolve().parents[2]
STAGE = """
from typing import Literal
from pydantic import PositiveInt
from stages.params import Params

class TrainParams(Params):
    epochs: PositiveInt
    unfreeze: int | Literal["all"]

def run(params: TrainParams) -> None:
    raise SystemExit("checking runs nothing")
"""
TEXT = """\
line: {max_parallel: 1, lock_retries: 1, lock_retry_seconds: 1.0}
runtime: {seed: 0, threads: 1, device: auto, precision: auto}
train:
  epochs: 3
  unfreeze: all
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for package in ("stages", "transfer"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    for module in ("stages/check.py", "stages/params.py", "transfer/errors.py"):
        shutil.copy(ROOT / module, tmp_path / module)
    (tmp_path / "stages" / "train.py").write_text(STAGE, encoding="utf-8")
    (tmp_path / "params.yaml").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_a_project_without_schemas_has_none_to_ask(tmp_path: Path) -> None:
    assert not schemas.exist(tmp_path)


def test_a_value_that_its_stage_reads_is_written(project: Path) -> None:
    write(project, [], ["train.unfreeze=2", "runtime.device=cpu", "line.max_parallel=2"])

    assert "  unfreeze: 2\n" in (project / "params.yaml").read_text(encoding="utf-8")


def test_what_a_stage_refuses_is_not_written_and_every_mistake_is_named(project: Path) -> None:
    with pytest.raises(ParamsError) as caught:
        write(project, [], ["train.unfreeze=some", "train.epochs=0", "runtime.device=gpu"])

    message = str(caught.value)
    assert "params.yaml: runtime.device: found 'gpu'; input should be 'auto', 'cpu' or 'cuda'" in message
    assert "params.yaml: train.epochs: found 0; input should be greater than 0" in message
    assert "train.unfreeze" in message
    assert TEXT == (project / "params.yaml").read_text(encoding="utf-8")
