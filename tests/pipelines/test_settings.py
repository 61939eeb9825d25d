from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ParamsError
from pipelines.section import checked
from pipelines.settings import Settings, load

GOOD: dict[str, Any] = {"max_parallel": 2, "lock_retries": 0, "lock_retry_seconds": 0.5}


def test_reads_the_section(tmp_path: Path) -> None:
    text = "line: {max_parallel: 2, lock_retries: 0, lock_retry_seconds: 0.5}\nother: {}\n"
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")

    assert Settings(max_parallel=2, lock_retries=0, lock_retry_seconds=0.5) == load(tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"line": GOOD | {"max_parallel": 0}},
            r"line\.max_parallel: found 0; input should be greater",
        ),
        ({"line": GOOD | {"max_parallel": "2"}}, r"line\.max_parallel: found '2'; input should be a valid integer"),
        ({"line": GOOD | {"paralel": 1}}, r"line\.paralel: unknown key; line has: max_parallel, lock_retries"),
        ({"line": {"max_parallel": 1, "lock_retries": 1}}, r"line\.lock_retry_seconds: missing"),
        ({}, r"line\.max_parallel: missing"),
    ],
)
def test_mistakes_are_named(values: object, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        checked(Settings, "line", values)


def test_a_file_without_sections_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("- line\n", encoding="utf-8")

    with pytest.raises(ParamsError, match=r"params\.yaml: expected sections, found list"):
        load(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: not found"):
        load(tmp_path)
