import numpy as np
import pandas as pd

from transfer.training.order import balanced, batch_starts, one_view_each, shuffled_batches

ROWS = pd.DataFrame({"row": range(12), "image_id": np.repeat([10, 11, 12, 13], 3), "view": [0, 1, 2] * 4})


def test_each_epoch_shows_each_image_once_and_three_epochs_every_view():
    epochs = [one_view_each(ROWS, epoch) for epoch in range(3)]

    for rows in epochs:
        assert sorted(ROWS.loc[rows, "image_id"]) == [10, 11, 12, 13]
    assert sorted(np.concatenate(epochs)) == list(range(12))


def test_a_balanced_epoch_draws_every_class_alike_and_every_picture_of_a_class_alike():
    image_ids = np.arange(20)
    rows = pd.DataFrame({"image_id": np.repeat(image_ids, 2), "view": [0, 1] * 20, "row": np.arange(40)})
    rows["label"] = np.where(rows["image_id"] < 16, 0, 2)  # class 1 has no picture

    epochs = [balanced(rows, epoch, seed=0) for epoch in range(2000)]

    assert all(len(drawn) == 20 and set(drawn) <= set(one_view_each(rows, epoch)) for epoch, drawn in enumerate(epochs))
    shown = rows.loc[np.concatenate(epochs), "image_id"].value_counts(normalize=True)
    expected = np.where(image_ids < 16, 1 / 2 / 16, 1 / 2 / 4)
    # A share of 40,000 draws has a standard deviation of at most 0.0017.
    assert np.abs(shown[image_ids].to_numpy() - expected).max() < 5 * 0.0017
    assert (balanced(rows, 3, seed=0) == epochs[3]).all()
    assert (balanced(rows, 3, seed=1) != epochs[3]).any()


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
