import pandas as pd
import pytest

from transfer.data.views import classes
from transfer.data.views.shards import Split
from transfer.errors import DataError


def pictures(*labels):
    return Split(pd.DataFrame({"label": pd.Series(labels, dtype="int64")}), pd.DataFrame(), ())


def test_two_classes_with_pictures_pass():
    classes.require(("a", "b"), train=pictures(0, 1), val=pictures(1))


@pytest.mark.parametrize(
    ("names", "train", "val", "message"),
    [
        (("rust",), (0, 0), (0,), r"only one class, rust; a classifier needs two classes or more\. Add images"),
        ((), (), (), r"no image with a label; a classifier needs two classes"),
        (("a", "b", "c"), (1, 1), (0,), r"no train image of a, c; a classifier learns a class from its images"),
        (("a", "b"), (0, 1), (), r"no labelled val image; training needs some to choose its best epoch by"),
    ],
)
def test_what_cannot_be_learned_is_a_sentence(names, train, val, message):
    with pytest.raises(DataError, match=message):
        classes.require(names, train=pictures(*train), val=pictures(*val))
