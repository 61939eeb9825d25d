import numpy as np
import pandas as pd

from transfer.training.order import batch_starts, one_view_each, shuffled_batches

ROWS = pd.DataFrame({"row": range(12), "image_id": np.repeat([10, 11, 12, 13], 3), "view": [0, 1, 2] * 4})


def test_each_epoch_shows_each_image_once_and_three_epochs_every_view():
    epochs = [one_view_each(ROWS, epoch) for epoch in range(3)]

    for rows in epochs:
        assert sorted(ROWS.loc[rows, "image_id"]) == [10, 11, 12, 13]
    assert sorted(np.concatenate(epochs)) == list(range(12))


def test_batches_cover_all_rows_in_an_order_of_seed_and_epoch():
    def order(seed, epoch):
        return np.concatenate(list(shuffled_batches(np.arange(10), batch_size=4, seed=seed, epoch=epoch))).tolist()

    assert sorted(order(0, 0)) == list(range(10))
    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)


def test_a_single_last_picture_joins_the_batch_before():
    assert [len(batch) for batch in shuffled_batches(np.arange(9), batch_size=4, seed=0, epoch=0)] == [4, 5]
    assert batch_starts(1, 4) == [0]
    assert batch_starts(10, 4) == [0, 4, 8]
