from dataclasses import replace
from pathlib import Path

import pytest

from tests.transfer.selection import made_up
from transfer.errors import DataError
from transfer.selection import cells, sweep
from transfer.selection.cells import Cost

RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]


def test_high_rates_forget_and_low_rates_hardly_train(tmp_path: Path) -> None:
    made_up.write_sweep(tmp_path)

    found = sweep.read(tmp_path, RATES, margin=0.02)

    assert 0.80 == found.start
    expected = ["under-training", "under-training", "under-training", "good", "forgetting"]
    assert expected == [rate.judgement for rate in found.rates]
    assert (1e-3, 0.97, 0.97, 0.85) == (found.best.learning_rate, found.best.best, found.best.last, found.best.lowest)
    assert "more than 2 points below the start (80.0%)" in found.rules()


def test_a_rate_that_is_almost_as_good_is_good() -> None:
    found = sweep.judge(made_up.SWEEP, margin=0.035)

    # 94 % is within 3.5 points of 97 %.
    assert ["under-training", "under-training", "good", "good", "forgetting"] == [r.judgement for r in found.rates]


def test_a_loss_that_came_less_than_half_of_the_way_is_under_training_whatever_few_images_say() -> None:
    found = sweep.judge(made_up.SWEEP, margin=0.9)
    start = float(made_up.SWEEP[0].history[0]["train_loss"])
    ways = [start - rate.final_loss for rate in found.rates]

    expected = ["good" if way >= max(ways) / 2 else "under-training" for way in ways]
    assert expected == [rate.judgement for rate in found.rates]
    assert {"good", "under-training"} == set(expected)


def test_what_was_measured_before_training_is_the_start() -> None:
    before = {"epoch": 0, "phase": 0, "train_loss": 2.0, "val_loss": 2.0, "val_accuracy": 0.2}
    results = [replace(result, history=(before, *result.history)) for result in made_up.SWEEP]

    found = sweep.judge(results, margin=0.02)

    assert 0.2 == found.start
    assert "forgetting" not in [rate.judgement for rate in found.rates]


def test_a_loss_that_is_not_a_number_counts_as_no_progress() -> None:
    diverged = made_up.swept(0.1, (0.8, 0.8), (1.0, 1.0))
    diverged = replace(diverged, history=(diverged.history[0], {**diverged.history[1], "train_loss": None}))

    assert "under-training" == sweep.judge([*made_up.SWEEP, diverged], margin=0.02).rates[-1].judgement


def test_a_strategy_without_epochs_cannot_be_swept(tmp_path: Path) -> None:
    cells.write(tmp_path / "0.001", replace(made_up.SWEEP[3], history=()), Cost(1.0, 1.0))

    with pytest.raises(DataError, match=r"found no epochs, expected a training at 0.001; selection.sweep.strategy"):
        sweep.read(tmp_path, [1e-3], margin=0.02)


def test_another_rate_in_the_folder_is_found_out(tmp_path: Path) -> None:
    cells.write(tmp_path / "1e-05", made_up.SWEEP[3], Cost(1.0, 1.0))

    with pytest.raises(DataError, match=r"1e-05: found learning rate 0.001, expected a training at 1e-05"):
        sweep.read(tmp_path, [1e-5], margin=0.02)
