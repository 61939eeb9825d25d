from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from transfer.data.duplicates.duplicate_tables import Duplicates
from transfer.data.splitting.groups import connected


def table(names: Sequence[str | None]) -> pd.DataFrame:
    ids = range(10, 10 + len(names))
    files = [f"{i:03d}.png" for i in ids]
    return pd.DataFrame({"image_id": ids, "file": files, "group": pd.Series(names, dtype=object)})


def duplicates(pairs: Sequence[tuple[int, int]], numbered: dict[int, int] | None = None) -> Duplicates:
    links = pd.DataFrame({"image_a": [a for a, _ in pairs], "image_b": [b for _, b in pairs]}, dtype="int64")
    numbered = numbered or {}
    groups = pd.DataFrame({"image_id": list(numbered), "duplicate_group": list(numbered.values())}, dtype="int64")
    return Duplicates(links=links, groups=groups)


def test_images_without_links_are_groups_of_their_own() -> None:
    assert [0, 1, 2] == connected(table([None, None, None]), duplicates([])).tolist()


def test_links_duplicate_groups_and_names_join_together() -> None:
    images = table(["a", None, None, "a", None, None])
    found = connected(images, duplicates([(10, 11)], {12: 5, 13: 5}))
    assert [0, 0, 0, 0, 1, 2] == found.tolist()


def test_no_images_have_no_groups() -> None:
    assert 0 == len(connected(table([]), duplicates([])))


@given(
    st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=2, max_size=12),
    st.lists(st.tuples(st.integers(10, 21), st.integers(10, 21)), max_size=10),
    st.randoms(use_true_random=False),
)
def test_the_same_as_merging_sets_one_by_one_in_any_order_of_rows(
    names: list[str | None], pairs: list[tuple[int, int]], random: object
) -> None:
    images = table(names)
    pairs = [pair for pair in pairs if max(pair) < 10 + len(names)]
    order = np.array(random.sample(range(len(names)), len(names)))  # type: ignore[attr-defined]
    shuffled = connected(images.iloc[order].reset_index(drop=True), duplicates(pairs))
    assert merged(images, pairs) == connected(images, duplicates(pairs)).tolist()
    assert merged(images, pairs) == shuffled[np.argsort(order)].tolist()


def merged(images: pd.DataFrame, pairs: list[tuple[int, int]]) -> list[int]:
    """Number the groups the slow way."""
    label = {image_id: image_id for image_id in images["image_id"]}
    named = images.dropna()
    same = [(a, b) for a in named.itertuples() for b in named.itertuples() if a.group == b.group]
    for a, b in [*pairs, *((a.image_id, b.image_id) for a, b in same)] * len(images):
        label[a] = label[b] = min(label[a], label[b])
    numbers = {name: number for number, name in enumerate(dict.fromkeys(label.values()))}
    return [numbers[name] for name in label.values()]
