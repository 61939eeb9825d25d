import pandas as pd
import pytest

from pipelines.comparison.matching import match


def table(*rows: tuple[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["file", "sha256"], dtype=object)


def pairs(old: pd.DataFrame, new: pd.DataFrame) -> list[tuple[str, str]]:
    found = match(old, new)
    return [(old["file"][a], new["file"][b]) for a, b in found.itertuples(index=False)]


def test_bytes_come_before_names() -> None:
    old, new = table(("a", "1"), ("b", "2")), table(("a", "2"), ("b", "1"))

    assert [("a", "b"), ("b", "a")] == pairs(old, new)


def test_of_equal_images_the_one_of_the_same_name_is_the_one() -> None:
    old, new = table(("a", "1"), ("b", "1"), ("c", "1")), table(("c", "1"), ("x", "1"), ("b", "1"))

    assert [("a", "x"), ("b", "b"), ("c", "c")] == pairs(old, new)


def test_what_has_other_bytes_is_found_by_its_name() -> None:
    assert [("a", "a")] == pairs(table(("a", "1"), ("b", "2")), table(("a", "3")))


@pytest.mark.parametrize("columns", [["file"], ["file", "sha256"]])
def test_without_hashes_names_decide(columns: list[str]) -> None:
    old, new = (frame[columns] for frame in (table(("a", None), ("b", None)), table(("b", None), ("c", None))))

    assert [("b", "b")] == pairs(old, new)


def test_each_image_has_one_partner_at_most() -> None:
    old, new = table(("a", "1"), ("b", "1")), table(("c", "1"))

    assert [("a", "c")] == pairs(old, new)
