import numpy as np
import pandas as pd
import pytest

from transfer.data.views import shards
from transfer.data.views.shards import Split
from transfer.errors import DataError
from transfer.training.targets import targets


def split(boxes, *, num_rows):
    table = pd.DataFrame(boxes, columns=shards.SHARD_BOX_SCHEMA.names)
    return Split(pd.DataFrame({"row": np.arange(num_rows)}), table, ())


def test_boxes_come_to_their_rows_in_any_order_with_labels_from_1():
    found = targets(
        split([(2, 1, 1, 2, 3, 4, False), (0, 0, 5, 6, 7, 8, False), (2, 0, 0, 0, 9, 9, False)], num_rows=4), name="x"
    )
    assert [t["boxes"].tolist() for t in found] == [[[5, 6, 7, 8]], [], [[1, 2, 3, 4], [0, 0, 9, 9]], []]
    assert [t["labels"].tolist() for t in found] == [[1], [], [2, 1], []]
    assert {tuple(t["boxes"].shape[1:]) for t in found} == {(4,)}


def test_crowd_boxes_are_left_out():
    found = targets(split([(0, 0, 0, 0, 9, 9, True), (0, 1, 1, 1, 5, 5, False)], num_rows=1), name="x")
    assert found[0]["labels"].tolist() == [2]


@pytest.mark.parametrize("boxes", [[], [(0, 0, 0, 0, 9, 9, True)]])
def test_a_split_without_boxes_says_what_to_do(boxes):
    with pytest.raises(DataError, match="split 'val' has no boxes, so no detector can be trained on it; add boxes"):
        targets(split(boxes, num_rows=2), name="val")
