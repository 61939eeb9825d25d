from pathlib import Path

from benchmarks import architectures
from transfer.models.architectures import ARCHITECTURES

PAGE = Path(__file__).parents[2] / "docs/architectures.md"


def test_the_page_holds_the_table_that_the_code_makes():
    page = PAGE.read_text(encoding="utf-8")
    assert architectures.table() in page, "run python -m benchmarks.architectures and put its table into the page"


def test_every_architecture_has_a_row():
    rows = architectures.table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(ARCHITECTURES)
