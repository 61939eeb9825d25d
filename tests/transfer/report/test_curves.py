import numpy as np
import pandas as pd
import pytest

from transfer.evaluation.classification import expected_calibration_error
from transfer.report import curves

LOOK = {"train_loss": ("training loss", "curve-2"), "val_loss": ("validation loss", "curve-1")}


def history(count, **changes):
    rows = {"epoch": range(1, count + 1), "phase": ["head"] + ["all"] * (count - 1)}
    return pd.DataFrame(rows | {"train_loss": np.linspace(2, 1, count), "val_loss": np.linspace(3, 2, count)} | changes)


def test_curves_have_a_point_per_epoch_and_bands_per_phase() -> None:
    plot = curves.training(history(4), LOOK, y_title="loss")

    assert [4, 4] == [len(curve.points) for curve in plot.curves]
    assert ["head", "all"] == [band.text for band in plot.bands]
    assert plot.bands[0].x + plot.bands[0].width == pytest.approx(plot.bands[1].x)
    assert "loss over 4 epochs. training loss ends at 1; validation loss ends at 2." == plot.summary


def test_a_missing_value_is_left_out() -> None:
    plot = curves.training(history(3, val_loss=[3.0, np.nan, 2.0]), LOOK, y_title="loss")

    assert [3, 2] == [len(curve.points) for curve in plot.curves]
    assert "nan" not in plot.curves[1].path


def test_one_epoch_is_drawn_too() -> None:
    plot = curves.training(history(1), LOOK, y_title="loss")

    assert ["1"] == [tick.text for tick in plot.x_ticks]
    assert 1 == len(plot.curves[0].points)


def test_a_category_called_all_is_not_taken_for_the_mean() -> None:
    rows = [
        (name, recall, value) for name, value in (("all", 0.5), ("all", 0.25), ("b", 0.75)) for recall in (0, 0.5, 1)
    ]
    table = pd.DataFrame(rows, columns=["category", "recall", "precision"])

    found = curves.categories_of(table)

    assert [("all", 0.5), ("all", 0.25), ("b", 0.75)] == [(name, rows["precision"].mean()) for name, rows in found]


def test_the_bins_of_the_diagram_add_up_to_the_calibration_error() -> None:
    chance = np.random.default_rng(0)
    probabilities = chance.dirichlet([0.5] * 4, 500)
    labels = chance.integers(0, 4, 500)

    bins = curves.reliability(probabilities, labels)

    assert 500 == sum(count for _, count, _, _ in bins)
    error = sum(count * abs(confidence - right) for _, count, confidence, right in bins) / 500
    assert error == pytest.approx(expected_calibration_error(probabilities, labels))


def test_too_sure_and_not_sure_enough_are_told_apart() -> None:
    # Sure and wrong in one bin, not sure and right in another.
    probabilities = np.array([[0.95, 0.05]] * 4 + [[0.55, 0.45]] * 4)
    labels = np.array([1] * 4 + [0] * 4)

    plot = curves.calibration(probabilities, labels, error=0.7)

    assert ["bar-1", "bar-under", "bar-1", "bar-over"] == [bar.style for bar in plot.bars]
    assert all(bar.height >= 0 for bar in plot.bars)
    assert "error 0.700" in plot.summary
