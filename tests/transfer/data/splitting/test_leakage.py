import numpy as np
import pandas as pd
import pytest

from transfer.data.splitting import leakage
from transfer.errors import ValidationFailed

COLUMNS = ["image_a", "image_b", "tier", "score", "overlap"]


def images(groups: list[str | None]) -> pd.DataFrame:
    ids = range(1, 1 + len(groups))
    files = [f"{i}.png" for i in ids]
    named = pd.Series(groups, dtype=object)
    return pd.DataFrame({"image_id": ids, "file": files, "sha256": files, "group": named})


def links(*pairs: tuple[int, int]) -> pd.DataFrame:
    rows = [(a, b, "overlap", 0.9, 0.1 * number) for number, (a, b) in enumerate(pairs, start=1)]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"image_a": "int64", "image_b": "int64"})


SPLIT = np.array(["train", "train", "test", "test", "val", None], dtype=object)
NAMELESS = images([None] * 6)


def test_links_to_train_count_in_both_directions_and_once_per_image() -> None:
    table = links((1, 3), (2, 3), (3, 4), (5, 6))
    assert [False, False, True, False, False, False] == leakage.leaked(NAMELESS, SPLIT, table, into="test").tolist()
    assert leakage.share(NAMELESS, SPLIT, table, into="test") == pytest.approx(0.5)
    assert leakage.share(NAMELESS, SPLIT, table, into="val") == 0
    assert leakage.share(NAMELESS, SPLIT, links((2, 5)), into="val") == 1


def test_a_group_shared_with_train_leaks_too() -> None:
    named = images(["a", None, None, "a", "b", "b"])
    assert leakage.share(named, SPLIT, links(), into="test") == pytest.approx(0.5)
    assert leakage.share(named, SPLIT, links(), into="val") == 0


def test_equal_files_leak_also_where_only_a_third_one_links_them() -> None:
    equal = NAMELESS.assign(sha256=["x", "b", "x", "d", "x", "f"])
    assert [False, False, True, False, False, False] == leakage.leaked(equal, SPLIT, links(), into="test").tolist()


def test_a_split_without_images_leaks_nothing() -> None:
    assert leakage.share(NAMELESS, np.array(["train"] * 6, dtype=object), links((1, 2)), into="test") == 0


def test_crossing_links_come_strongest_first() -> None:
    pairs = leakage.crossing(NAMELESS, SPLIT, links((1, 3), (2, 4), (1, 2)), into="test")
    assert [("4.png", "2.png"), ("3.png", "1.png")] == list(zip(pairs["file"], pairs["train_file"], strict=True))


def test_a_leaking_supplied_split_is_refused_with_its_worst_pairs() -> None:
    with pytest.raises(ValidationFailed) as caught:
        leakage.check(NAMELESS, SPLIT, links((1, 3), (2, 3)), max_leak_share=0.4)
    message = str(caught.value)
    assert "1 of 2 test images (50.0%) are linked to a train image; split_data.max_leak_share allows 40.0%" in message
    assert "  3.png  2.png  overlap  20% of the area\n  3.png  1.png" in message


def test_a_leak_by_group_name_is_named() -> None:
    with pytest.raises(ValidationFailed, match=r"4\.png  has a train image of its group"):
        leakage.check(images(["a", None, None, "a", None, None]), SPLIT, links(), max_leak_share=0.0)


def test_an_allowed_leak_passes() -> None:
    leakage.check(NAMELESS, SPLIT, links((1, 3)), max_leak_share=0.5)
