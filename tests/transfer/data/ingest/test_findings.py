from pathlib import Path

import pandas as pd
import pytest

from transfer.data.ingest import findings
from transfer.data.ingest.findings import KINDS, Finding, Ledger
from transfer.errors import DataError, ParamsError


def actions(**changed: str) -> dict[str, str]:
    return {**dict.fromkeys(KINDS, "fail"), **changed}


def test_every_finding_may_fail_and_says_what_it_means() -> None:
    assert all("fail" in kind.allowed and kind.sentence for kind in KINDS.values())
    assert {action for kind in KINDS.values() for action in kind.allowed} == {"fail", "drop", "fix", "keep"}


def test_a_ledger_answers_whether_something_stays() -> None:
    ledger = Ledger(actions(box_over_edge="fix", repeated_box="keep", zero_area_box="drop"))
    answers = [
        ledger.note(name, "a.png", "why") for name in ("box_over_edge", "repeated_box", "zero_area_box", "empty_file")
    ]
    assert answers == [True, True, False, False]


def test_findings_are_listed_in_an_order_of_their_own() -> None:
    ledger = Ledger(actions())
    for file in ("b.png", "a.png"):
        ledger.note("zero_area_box", file, "why")
    ledger.note("empty_file", "z.png", "why")
    assert [(found.finding, found.file) for found in ledger.findings()] == [
        ("empty_file", "z.png"),
        ("zero_area_box", "a.png"),
        ("zero_area_box", "b.png"),
    ]


def test_nothing_stops_without_a_failure() -> None:
    ledger = Ledger(actions(zero_area_box="drop"))
    ledger.note("zero_area_box", "a.png", "why")
    ledger.stop_if_failed()


def test_the_message_lists_the_first_twenty_and_counts_all() -> None:
    ledger = Ledger(actions(repeated_box="drop"))
    for number in range(30):
        ledger.note("zero_area_box", f"{number:02}.png", f"box {number}")
    ledger.note("empty_file", "empty.png", "the file has zero bytes")
    ledger.note("repeated_box", "not-shown.png", "again")
    with pytest.raises(DataError) as caught:
        ledger.stop_if_failed()
    lines = str(caught.value).splitlines()
    assert lines[0] == "31 findings stop the line; nothing was written"
    assert lines[2].split() == ["empty_file", "empty.png", "the", "file", "has", "zero", "bytes"]
    assert sum("  box " in line for line in lines) == 19
    assert "  ... and 11 more" in lines
    assert any(line.split()[:2] == ["30", "zero_area_box:"] for line in lines)
    assert "  zero_area_box: drop" in lines
    assert "not-shown" not in str(caught.value)


def test_params_have_to_name_every_finding_and_an_allowed_action() -> None:
    chosen = actions(zero_area_box="fix", invented="drop")
    del chosen["empty_file"]
    with pytest.raises(ParamsError) as caught:
        Ledger(chosen)
    assert "unknown finding invented" in str(caught.value)
    assert "empty_file is missing; it may be fail or drop" in str(caught.value)
    assert "zero_area_box is 'fix'; it may be fail or drop" in str(caught.value)


@pytest.mark.parametrize("found", [[], [Finding("empty_file", "a.png", "the file has zero bytes", "drop")]])
def test_findings_are_written_as_a_table(tmp_path: Path, found: list[Finding]) -> None:
    findings.write(tmp_path / "findings.parquet", found)
    table = pd.read_parquet(tmp_path / "findings.parquet")
    assert list(table.columns) == ["finding", "file", "reason", "action"]
    assert [Finding(*row) for row in table.itertuples(index=False)] == found
