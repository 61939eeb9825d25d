import pandas as pd
import pytest

from transfer.data.gate.gate_findings import KINDS
from transfer.data.gate.repeats import from_links, linked_share

POLICY = dict.fromkeys(KINDS, "warn")


def images(labels: list[str | None], splits: list[str | None]) -> pd.DataFrame:
    ids = list(range(1, 1 + len(labels)))
    named = {"label": pd.Series(labels, dtype=object), "split": pd.Series(splits, dtype=object)}
    return pd.DataFrame({"image_id": ids, "file": [f"{i}.png" for i in ids], **named})


def links(*rows: tuple[int, int, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["image_a", "image_b", "tier"]).assign(overlap=0.4)
    return table.astype({"image_a": "int64", "image_b": "int64"})


@pytest.mark.parametrize(
    ("tier", "names"),
    [
        ("bytes", ["identical_images", "label_conflict"]),
        ("perceptual", ["alike_images", "label_conflict"]),
        ("overlap", ["overlapping_images", "overlap_label_conflict"]),
    ],
)
def test_a_repeat_and_a_contradiction(tier: str, names: list[str]) -> None:
    found = from_links(images(["x", "y"], [None, None]), links((1, 2, tier)), POLICY, max_linked_share=1)
    assert names == [finding.finding for finding in found]


def test_missing_labels_and_splits_contradict_nothing() -> None:
    table = images(["x", None], ["train", None])
    (finding,) = from_links(table, links((1, 2, "bytes")), POLICY, max_linked_share=1)
    assert ("identical_images", "2.png") == (finding.finding, finding.file)


def test_links_between_splits_leak() -> None:
    found = from_links(images(["x", "x"], ["train", "val"]), links((1, 2, "overlap")), POLICY, max_linked_share=1)
    assert "is in val, but 1.png is in train (overlap)" == list(found)[1].reason


def test_an_image_counts_once_in_the_linked_share() -> None:
    table = images(["x"] * 4, [None] * 4)
    assert linked_share(table, links((1, 2, "bytes"), (1, 3, "overlap"))) == pytest.approx(0.75)
    found = list(from_links(table, links((1, 2, "bytes")), POLICY, max_linked_share=0.4))
    assert ("many_linked_images", "", "warn") == (found[-1].finding, found[-1].file, found[-1].action)
