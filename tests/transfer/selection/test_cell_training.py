"""Cells, trained on a small network and drawn pictures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stages.params import load
from stages.recipe import RecipeParams
from transfer.checkpoint import Facts
from transfer.data.views.shards import ShardFacts, Split
from transfer.errors import DataError, TrainingError
from transfer.models import classifier
from transfer.models.heads import LINEAR
from transfer.runtime import Machine
from transfer.selection import cell_training
from transfer.selection.cell_training import How, Stored, at_rate, train_cell
from transfer.selection.cells import Cell
from transfer.training import resume
from transfer.training.resume import Resume
from transfer.training.strategies import Divided, Falling, Plan, Probe, Strategy
from transfer.training.warmup import WarmupSettings

MACHINE = Machine(torch.device("cpu"), "fp32", 1)
TUNED = Strategy("tuned", "warmed", None, None, (Plan("all", 3, Falling(0.01, 2.0)),), None)
PROBED = Strategy("probed", "backbone", None, None, (), Probe(1.0, "all"))


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "FOLDER", tmp_path)


@pytest.fixture
def how(pytestconfig):
    recipe = load("recipe", RecipeParams, path=pytestconfig.rootpath / "params.yaml")
    settings = recipe.model_copy(update={"batch_size": 4}).settings(fp16=False)
    return How(TUNED, settings, WarmupSettings(2, 8, 8, 0.01, 0.0), LINEAR)


def split(count, seed, views=2):
    generator = np.random.default_rng(seed)
    image_ids = np.repeat(np.arange(count), views) + 1000 * seed
    pixels = generator.integers(0, 128, (views * count, 32, 32, 3), dtype=np.uint8)
    pixels += (100 * (image_ids % 2)).astype(np.uint8)[:, None, None, None]
    rows = {"row": range(views * count), "image_id": image_ids, "view": np.tile(range(views), count)}
    files = [f"{image_id}.png" for image_id in image_ids]
    return Split(pd.DataFrame({**rows, "label": image_ids % 2, "file": files}), pd.DataFrame({"row": []}), (pixels,))


DATA = Stored(ShardFacts(("dark", "light"), 32, 1, "drawn"), split(24, 0), split(12, 1), split(10, 2, views=1))


def backbone():
    facts = Facts(kind="backbone", architecture="small_cnn", mean=(0.5,) * 3, std=(0.25,) * 3)
    torch.manual_seed(0)
    model = classifier.untrained(facts.model_copy(update={"categories": ("a", "b")}))
    return facts, {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("classifier")}


def trained(how, *, strategy="tuned", size="all", name="cell"):
    torch.manual_seed(0)
    cell = Cell(strategy, "backbone", size, 0)
    return train_cell(cell, backbone(), data=DATA, how=how, machine=MACHINE, resume=Resume(name, "key"))


@pytest.mark.parametrize("strategy", [TUNED, PROBED], ids=lambda strategy: strategy.name)
def test_a_cell_measures_the_whole_test_split(strategy, how):
    result, cost = trained(replace(how, strategy=strategy), strategy=strategy.name)

    assert result.image_ids == tuple(DATA.test.rows["image_id"])
    assert result.accuracy == sum(result.correct) / 10 == 1.0
    assert (result.num_train_images, result.num_val_images, result.num_test_images) == (24, 12, 10)
    assert result.epochs == len(result.history)
    assert cost.seconds > 0
    assert cost.peak_memory_mib > 50


def test_trainable_parameters_are_those_of_what_trains(how):
    tuned, probed = trained(how)[0], trained(replace(how, strategy=PROBED), name="probed")[0]

    assert tuned.trainable_parameters == tuned.total_parameters == probed.total_parameters
    assert probed.trainable_parameters < 1000


def test_the_best_and_the_converged_epoch_are_those_of_the_history(how):
    result, _ = trained(how)
    accuracies = [row["val_accuracy"] for row in result.history]

    assert accuracies[result.best_epoch - 1] == max(accuracies)
    assert accuracies[result.epochs_to_converge - 1] >= max(accuracies) - 0.005
    assert all(accuracy < max(accuracies) - 0.005 for accuracy in accuracies[: result.epochs_to_converge - 1])


def test_a_size_limits_training_and_validation_alike_and_leaves_the_test_whole(how):
    result, _ = trained(how, size=4)

    assert (result.num_train_images, result.num_val_images, result.num_test_images) == (8, 4, 10)


def test_more_images_than_a_class_has_are_refused_by_name(how):
    with pytest.raises(DataError, match=r"99 training images per class are asked for, .* dark \(12\), light \(12\)"):
        trained(how, size=99)


def test_a_cell_is_deterministic_but_for_its_cost(how):
    assert trained(how)[0] == trained(how)[0]


def test_a_cell_killed_after_its_warm_up_goes_on_from_it_with_the_same_bits(how, monkeypatch):
    whole, _ = trained(how, name="whole")
    with monkeypatch.context() as patch:
        patch.setattr(cell_training, "fine_tune", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(how)
    monkeypatch.setattr(cell_training, "warm_up", killed)

    assert trained(how)[0] == whole
    assert not list(resume.FOLDER.glob("*"))


def killed(*_, **__):
    raise KeyboardInterrupt


def test_another_rate_keeps_the_ratios():
    def rates(plan):
        (changed,) = at_rate(replace(TUNED, phases=(plan,)), 0.1).phases
        return changed.rates

    assert rates(Plan("all", 1, Falling(0.01, 2.0))) == Falling(0.1, 2.0)
    assert rates(Plan("all", 1, Divided(0.01, (10, 5)))) == Divided(0.1, (10, 5))
    assert rates(Plan("all", 1, (0.01, 0.02))) == pytest.approx((0.05, 0.1))


def test_a_probe_has_no_rate_to_sweep():
    with pytest.raises(TrainingError, match=r"strategies.probed fits a probe, without a learning rate"):
        at_rate(PROBED, 0.1)
