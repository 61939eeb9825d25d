from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.data.dataset import Dataset
from transfer.data.splitting import splits
from transfer.data.splitting.splits import Items, assign
from transfer.errors import DataError

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def items(classes: list[str], groups: list[int] | None = None) -> Items:
    files = np.array([f"{i:04d}.png" for i in range(len(classes))], dtype=object)
    numbers = np.arange(len(classes)) if groups is None else np.array(groups, dtype=np.int64)
    return Items(files, np.array(classes, dtype=object), numbers)


@st.composite
def grouped(draw: st.DrawFn) -> Items:
    """Draw images in groups of one class each, at least three groups per class."""
    classes, groups = [], []
    for name in "abcd"[: draw(st.integers(1, 4))]:
        for size in draw(st.lists(st.integers(1, 9), min_size=3, max_size=25)):
            groups += [len(set(groups))] * size
            classes += [name] * size
    return items(classes, groups)


shares = st.sampled_from([SHARES, {"train": 0.5, "val": 0.25, "test": 0.25}, {"train": 0.8, "val": 0.0, "test": 0.2}])


@given(grouped(), shares, st.integers(0, 5))
def test_no_group_straddles_and_every_class_reaches_every_split(
    found: Items, wanted: dict[str, float], seed: int
) -> None:
    split = assign(found, shares=wanted, seed=seed, scarce_class="fail")
    filled = {name for name, share in wanted.items() if share}
    assert not pd.isna(split).any()
    for group in np.unique(found.groups):
        assert 1 == len(set(split[found.groups == group]))
    for name in np.unique(found.classes.astype(str)):
        assert filled == set(split[found.classes == name])


@given(grouped(), shares, st.integers(0, 5))
def test_counts_are_off_by_less_than_a_few_groups(found: Items, wanted: dict[str, float], seed: int) -> None:
    split = assign(found, shares=wanted, seed=seed, scarce_class="fail")
    for name in np.unique(found.classes.astype(str)):
        members = found.classes == name
        largest = max(Counter(found.groups[members].tolist()).values())
        for place, share in wanted.items():
            count = (split[members] == place).sum()
            assert abs(count - share * members.sum()) <= 2 * largest + 1


@given(grouped(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_numbers_of_groups_do_not_matter(found: Items, random: object) -> None:
    order = np.array(random.sample(range(len(found.files)), len(found.files)))  # type: ignore[attr-defined]
    shuffled = Items(found.files[order], found.classes[order], 1000 - found.groups[order])
    straight = assign(found, shares=SHARES, seed=3, scarce_class="fail")
    assert straight[order].tolist() == assign(shuffled, shares=SHARES, seed=3, scarce_class="fail").tolist()


def test_single_images_give_exact_counts() -> None:
    split = assign(items(["a"] * 100 + ["b"] * 40), shares=SHARES, seed=0, scarce_class="fail")
    assert {"train": 70, "val": 15, "test": 15} == Counter(split[:100].tolist())
    assert {"train": 28, "val": 6, "test": 6} == Counter(split[100:].tolist())


def test_odd_counts_of_many_classes_do_not_all_round_to_the_same_split() -> None:
    classes = [name for name in "abcdefghij" for _ in range(10)]
    split = assign(items(classes), shares=SHARES, seed=0, scarce_class="fail")
    assert {"train": 70, "val": 15, "test": 15} == Counter(split.tolist())


def test_another_seed_gives_another_split() -> None:
    found = items(["a"] * 60)
    first, again, other = (assign(found, shares=SHARES, seed=seed, scarce_class="fail") for seed in (0, 0, 1))
    assert first.tolist() == again.tolist() != other.tolist()


def test_one_image_of_a_class_is_refused() -> None:
    with pytest.raises(DataError, match=r"1 class\(es\) cannot reach all of train, val, test(.|\n)*b: 1 image"):
        assign(items(["a"] * 9 + ["b"]), shares=SHARES, seed=0, scarce_class="fail")


def test_a_class_with_all_images_in_one_group_is_refused() -> None:
    found = items(["a"] * 9 + ["b"] * 5, [*range(9), 9, 9, 9, 9, 9])
    with pytest.raises(DataError, match=r"b: 5 image\(s\) in 1 group\(s\)(.|\n)*scarce_class"):
        assign(found, shares=SHARES, seed=0, scarce_class="fail")


def test_a_scarce_class_goes_to_train_if_asked() -> None:
    found = items(["a"] * 9 + ["b"] * 5 + ["c"], [*range(9), 9, 9, 9, 9, 9, 10])
    split = assign(found, shares={"train": 0.2, "val": 0.4, "test": 0.4}, seed=0, scarce_class="train")
    assert {"train"} == set(split[9:])


def test_large_groups_leave_no_split_without_a_class() -> None:
    found = items(["a"] * 30, [0] * 10 + [1] * 10 + [2] * 10)
    split = assign(found, shares={"train": 0.9, "val": 0.05, "test": 0.05}, seed=0, scarce_class="fail")
    assert {"train": 10, "val": 10, "test": 10} == Counter(split.tolist())


def test_no_class_is_lost_from_train_when_groups_mix_classes() -> None:
    found = items(["a", "b", "a", "c", "b", "c"], [0, 0, 1, 1, 2, 2])
    split = assign(found, shares=SHARES, seed=0, scarce_class="train")
    assert {"a", "b", "c"} == set(found.classes[split == "train"])


def test_strata_are_labels_then_the_most_frequent_box(tmp_path: Path) -> None:
    images = pd.DataFrame({"image_id": [4, 5, 6, 7], "label": pd.Series(["x", None, None, None], dtype=object)})
    boxes = pd.DataFrame({"image_id": [4, 5, 5, 5, 6, 6], "category": ["q", "b", "a", "b", "d", "c"]})
    found = Dataset(tmp_path, images, boxes, ("x",), ("a", "b", "c", "d", "q"), "")
    assert ["x", "b", "c", ""] == splits.strata(found).tolist()
