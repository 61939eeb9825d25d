import json
from datetime import UTC, datetime, timedelta

import pytest

from stages import timing
from transfer.errors import DataError


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_recorded_can_be_read() -> None:
    before = datetime.now(UTC)
    with timing.recorded("split_data"):
        pass

    found = timing.read()
    assert ["split_data"] == list(found)
    assert before - timedelta(seconds=1) <= found["split_data"].started <= found["split_data"].ended
    assert 0 <= found["split_data"].seconds < 1


def test_the_file_says_when_and_how_long() -> None:
    with timing.recorded("split_data"):
        pass

    values = json.loads((timing.FOLDER / "split_data.json").read_text())
    assert {"started", "seconds"} == set(values)
    assert values["started"].endswith("+00:00")


def test_a_stage_that_fails_keeps_its_earlier_time() -> None:
    with timing.recorded("split_data"):
        pass
    before = timing.read()
    with pytest.raises(ValueError, match="no"), timing.recorded("split_data"):
        raise ValueError("no")

    assert before == timing.read()


def test_before_the_first_run_there_are_no_times() -> None:
    assert {} == timing.read()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"started": "soon", "seconds": 1}', '{"started": 5, "seconds": 1}'])
def test_a_broken_file_is_named(text) -> None:
    timing.FOLDER.mkdir(parents=True)
    (timing.FOLDER / "split_data.json").write_text(text)

    with pytest.raises(DataError, match=r"split_data.json: not the time of a stage .* delete the file"):
        timing.read()
