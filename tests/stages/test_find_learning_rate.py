import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from stages import find_learning_rate
from stages.params import load
from stages.recipe import RecipeParams
from transfer.errors import TrainingError

PARAMS = {
    "lowest": 1e-5,
    "highest": 1.0,
    "steps": 24,
    "smoothing": 0.5,
    "rule": "minimum_tenth",
    "train": "all",
    "decay": 2.0,
}
PROJECT = Path(__file__).parents[2]


def run(runtime, **changes):
    recipe = load("recipe", RecipeParams, path=PROJECT / "params.yaml").model_copy(update={"batch_size": 8})
    find_learning_rate.run(find_learning_rate.FindLearningRateParams(**{**PARAMS, **changes}), recipe, runtime)


def test_it_writes_curve_picture_and_suggestion_with_the_same_bytes_again(drawn_line, runtime):
    folder = drawn_line / "reports/learning_rate"
    found = []
    for _ in range(2):
        run(runtime)
        found.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())})
    suggestion = json.loads((folder / "suggestion.json").read_text())
    curve = pd.read_csv(folder / "curve.csv")

    assert found[0] == found[1]
    assert list(found[0]) == ["curve.csv", "curve.png", "suggestion.json"]
    assert suggestion["suggested"] == suggestion["minimum_tenth"]
    assert suggestion["num_steps"] == len(curve)
    lowest = curve["smoothed_loss"][1:].idxmin()
    assert suggestion["suggested"] == pytest.approx(curve["rate"][lowest] / 10, rel=1e-5)


@pytest.mark.parametrize("train", ["head", 1])
def test_what_is_frozen_stays_out(drawn_line, runtime, train):
    run(runtime, train=train)

    assert json.loads((drawn_line / "reports/learning_rate/suggestion.json").read_text())["train"] == train


def test_too_many_groups_are_refused(drawn_line, runtime):
    with pytest.raises(TrainingError, match="trains the 9 deepest body groups, but there are 5"):
        run(runtime, train=9)
    assert not (drawn_line / "reports/learning_rate").exists()
