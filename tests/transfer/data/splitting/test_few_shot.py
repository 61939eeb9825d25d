from collections import Counter

import numpy as np

from transfer.data.splitting.few_shot import limited
from transfer.data.splitting.splits import Items


def test_a_limit_touches_train_alone_and_smaller_ones_are_nested() -> None:
    files = np.array([f"{i}.png" for i in range(60)], dtype=object)
    items = Items(files, np.array(["a", "b"] * 30, dtype=object), np.arange(60))
    split = np.array(["train"] * 40 + ["test"] * 20, dtype=object)
    few, more = (limited(items, split, train_images_per_class=count, seed=1) for count in (3, 7))
    assert {"a": 3, "b": 3} == Counter(items.classes[few == "train"].tolist())
    assert 14 == (more == "train").sum()
    assert set(files[few == "train"]) < set(files[more == "train"])
    assert (few[40:] == "test").all()


def test_a_limit_above_the_count_changes_nothing() -> None:
    items = Items(np.array(["1", "2"], dtype=object), np.array(["a", "a"], dtype=object), np.arange(2))
    split = np.array(["train", "test"], dtype=object)
    assert split.tolist() == limited(items, split, train_images_per_class=5, seed=0).tolist()
