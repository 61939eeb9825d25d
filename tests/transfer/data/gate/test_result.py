import json
from pathlib import Path

import pytest

from transfer.data.gate.result import require_success
from transfer.errors import DataError, ValidationFailed


def test_success_passes(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"success": True}))
    require_success(tmp_path)


def test_failure_stops_and_names_the_page(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"success": False}))
    with pytest.raises(ValidationFailed, match=r"did not pass; open .*index.html"):
        require_success(tmp_path)


def test_no_result_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run the stage validate_data first"):
        require_success(tmp_path)
