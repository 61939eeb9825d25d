import numpy as np
import pandas as pd
import pytest

from transfer.data.splitting.few_shot import limited
from transfer.data.splitting.splits import Items
from transfer.data.views.shards import Split
from transfer.data.views.subset import few
from transfer.errors import DataError


@pytest.fixture
def split():
    """Twelve images, eight of one class and four of the other, three views each, in three files of pixels."""
    rows = pd.DataFrame({"row": np.arange(36), "image_id": np.repeat(np.arange(100, 112), 3), "view": [0, 1, 2] * 12})
    rows["label"] = np.where(rows["image_id"] < 108, 0, 1)
    rows["file"] = rows["image_id"].map("{}.png".format)
    boxes = pd.DataFrame({"row": np.arange(0, 36, 2), "category": 0, "x_min": np.arange(18.0)})
    pixels = np.random.default_rng(0).integers(0, 256, (36, 4, 4, 3), dtype=np.uint8)
    return Split(rows, boxes, (pixels[:16], pixels[16:32], pixels[32:]))


def test_chosen_images_keep_all_views_their_pixels_and_their_boxes(split):
    chosen = few(split, images_per_class=2, seed=0)

    assert len(chosen) == 12
    assert chosen.rows["row"].tolist() == list(range(12))
    assert chosen.rows.groupby("label")["image_id"].nunique().to_dict() == {0: 2, 1: 2}
    assert chosen.shards is split.shards
    originals = split.rows.merge(chosen.rows, on=["image_id", "view"], suffixes=("_before", "_after"))
    assert (chosen.pixels(originals["row_after"].to_numpy()) == split.pixels(originals["row_before"].to_numpy())).all()
    moved = chosen.boxes.set_index("x_min")["row"].map(chosen.rows.set_index("row")["image_id"])
    assert moved.equals(split.boxes.set_index("x_min")["row"].map(split.rows["image_id"])[moved.index])


def test_smaller_choices_are_within_larger_ones_and_may_be_made_from_them(split):
    some, more = (few(split, images_per_class=count, seed=3) for count in (2, 3))
    again = few(more, images_per_class=2, seed=3)

    assert set(some.rows["image_id"]) < set(more.rows["image_id"])
    assert again.rows.equals(some.rows)
    assert (again.pixels(np.arange(12)) == some.pixels(np.arange(12))).all()


def test_the_images_are_those_that_split_data_keeps(split):
    images = split.rows.drop_duplicates("image_id")
    items = Items(images["file"].to_numpy(object), images["label"].map(str).to_numpy(object), np.arange(12))
    kept = limited(items, np.full(12, "train", object), train_images_per_class=3, seed=5)

    expected = images["image_id"][kept == "train"].tolist()
    assert expected == few(split, images_per_class=3, seed=5).rows["image_id"].unique().tolist()


def test_more_images_than_a_class_has_are_refused_with_its_name_and_count(split):
    with pytest.raises(DataError, match=r"5 training images per class .* fewer of: rust \(4\); ask for at most 4"):
        few(split, images_per_class=5, seed=0, names=("good", "rust"))
    with pytest.raises(DataError, match=r"class 1 \(4\)"):
        few(split, images_per_class=5, seed=0)
