import numpy as np
import pandas as pd
import pytest

from transfer.data.splitting import supplied_split
from transfer.data.splitting.splits import Items
from transfer.errors import DataError

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def images(splits: list[str | None]) -> pd.DataFrame:
    files = [f"{i:03d}.png" for i in range(len(splits))]
    return pd.DataFrame({"file": files, "split": pd.Series(splits, dtype=object)})


def complete(splits: list[str | None], groups: list[int] | None = None) -> np.ndarray:
    table = images(splits)
    numbers = np.arange(len(splits)) if groups is None else np.array(groups)
    items = Items(table["file"].to_numpy(dtype=object), np.array(["a"] * len(splits), dtype=object), numbers)
    return supplied_split.complete(table, items, shares=SHARES, seed=0)


def test_a_split_is_supplied_when_any_image_names_one() -> None:
    assert supplied_split.is_supplied(images([None, "val"]))
    assert not supplied_split.is_supplied(images([None, None]))


def test_a_complete_split_stays_as_it_is() -> None:
    given = ["train", "val", "test", "test"]
    assert given == complete([*given]).tolist()


def test_val_is_carved_out_of_train_group_by_group() -> None:
    groups = [i // 2 for i in range(40)] + list(range(20, 30))
    split = complete(["train"] * 40 + ["test"] * 10, groups)
    assert {"test"} == set(split[40:])
    assert 10 == (split == "val").sum()
    assert (split[0:40:2] == split[1:40:2]).all()


def test_some_images_without_a_split_are_refused() -> None:
    with pytest.raises(DataError, match=r"1 of 3 images have no split, as '001.png'.*use_supplied"):
        complete(["train", None, "test"])


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(DataError, match=r"unknown split.*holdout, expected train, val and test"):
        complete(["train", "holdout"])


def test_a_split_without_train_is_refused() -> None:
    with pytest.raises(DataError, match="no train images, only test, val"):
        complete(["val", "test"])
