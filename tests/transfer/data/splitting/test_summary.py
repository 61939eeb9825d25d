from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from transfer.data.splitting import picture
from transfer.data.splitting.splits import Items
from transfer.data.splitting.summary import describe, summarize


def summary() -> dict[str, Any]:
    files = np.array([f"{i}.png" for i in range(6)], dtype=object)
    groups = pd.Series([None] * 6, dtype=object)
    images = pd.DataFrame({"image_id": range(6), "file": files, "sha256": files, "group": groups})
    items = Items(files, np.array(["a", "a", "b", "b", "", "a"], dtype=object), np.array([0, 0, 1, 2, 3, 4]))
    split = np.array(["train", "test", "train", "val", "test", None], dtype=object)
    links = pd.DataFrame([(0, 1, "overlap", 0.9, 0.5)], columns=["image_a", "image_b", "tier", "score", "overlap"])
    return summarize(images, items, split, links)


def test_counts_per_split_and_class_and_what_straddles() -> None:
    found = summary()
    assert {"a": 1, "b": 1} == found["splits"]["train"]["classes"]
    assert {"(none)": 1, "a": 1} == found["splits"]["test"]["classes"]
    assert (5, 2, 2, 1, 1) == tuple(
        found[name]
        for name in ("num_groups", "num_images_in_groups", "largest_group", "num_straddling_groups", "num_left_out")
    )
    assert (0.5, 0.0) == (found["leaked_share"], found["leaked_share_val"])


def test_the_description_is_a_table() -> None:
    lines = describe(summary()).splitlines()
    assert ["train", "val", "test"] == lines[0].split()
    assert ["all", "images", "2", "1", "2"] == lines[1].split()
    assert "50.0% of test is linked" in lines[-1]


def test_the_picture_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        picture.draw(summary(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as drawn:
        assert 800 == drawn.width
