import numpy as np
import pandas as pd
import pytest

from transfer.data.splitting import coverage
from transfer.errors import DataError

LABELS = pd.Series(["a", "a", "a", "b", "b", None])


def test_a_split_lacks_what_others_have():
    split = np.array(["train", "val", "test", "train", "test", "val"], dtype=object)
    assert {"val": ["b"]} == coverage.absent(LABELS, split)
    assert ["no val image of b: what a model does with them is not measured there"] == coverage.describe({"val": ["b"]})
    coverage.require_in_train(LABELS, split)


def test_a_class_that_train_lacks_stops_the_line():
    split = np.array(["train", "val", "test", "test", "val", "train"], dtype=object)
    with pytest.raises(
        DataError, match=r"1 class\(es\) have no train image.*\n  b: 1 image\(s\) in test, 1 image\(s\) in val"
    ):
        coverage.require_in_train(LABELS, split)


def test_images_without_label_or_split_are_not_asked():
    coverage.require_in_train(pd.Series([None, None], dtype=object), np.array(["val", "test"], dtype=object))
    assert {} == coverage.absent(LABELS, np.array(["train", None, None, "train", None, None], dtype=object))
