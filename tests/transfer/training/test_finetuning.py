"""Every strategy, carried out on a small network and few drawn pictures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from stages.params import load
from stages.recipe import RecipeParams, Strategies
from transfer.checkpoint import Facts
from transfer.data.views import shards
from transfer.errors import TrainingError
from transfer.models import classifier
from transfer.models.heads import HeadShape
from transfer.runtime import Machine
from transfer.training import finetuning, resume
from transfer.training.classification import ClassificationTask, Regularisation
from transfer.training.finetuning import Data, fine_tune
from transfer.training.mixing import Mixing
from transfer.training.resume import Resume
from transfer.training.strategies import Falling, Plan, Probe, Strategy

MACHINE = Machine(torch.device("cpu"), "fp32", 1)
FACTS = Facts(
    kind="classifier",
    architecture="small_cnn",
    categories=("dark", "light"),
    image_size=32,
    mean=(0.5,) * 3,
    std=(0.25,) * 3,
)
RATES = Falling(0.01, 2.0)
STRATEGIES = {
    "scratch": Strategy("scratch", "random", "small_cnn", None, (Plan("all", 3, RATES),), None),
    "linear_probe": Strategy("linear_probe", "backbone", None, None, (), Probe(1.0, "all")),
    "feature_extraction": Strategy(
        "feature_extraction", "backbone", None, HeadShape((8,), False, 0.2), (Plan("head", 3, RATES),), None
    ),
    "partial": Strategy("partial", "backbone", None, None, (Plan(2, 3, RATES),), None),
    "discriminative": Strategy("discriminative", "backbone", None, None, (Plan("all", 3, RATES),), None),
    "gradual": Strategy("gradual", "warmed", None, None, (Plan("head", 2, RATES), Plan("all", 2, RATES, "step")), None),
    "two_phase": Strategy("two_phase", "warmed", None, None, (Plan("all", 3, RATES),), None),
}
every_strategy = pytest.mark.parametrize("name", STRATEGIES)


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "FOLDER", tmp_path)


@pytest.fixture
def settings(pytestconfig):
    recipe = load("recipe", RecipeParams, path=pytestconfig.rootpath / "params.yaml")
    return recipe.model_copy(update={"batch_size": 4, "patience": 9}).settings(fp16=False)


def split(count, seed):
    """Dark and light pictures, two views each."""
    generator = np.random.default_rng(seed)
    image_ids = np.repeat(np.arange(count), 2)
    pixels = generator.integers(0, 128, (2 * count, 32, 32, 3), dtype=np.uint8)
    pixels += (100 * (image_ids % 2)).astype(np.uint8)[:, None, None, None]
    rows = pd.DataFrame(
        {"row": range(2 * count), "image_id": image_ids, "view": np.tile([0, 1], count), "label": image_ids % 2}
    )
    return shards.Split(rows, pd.DataFrame(), (pixels,))


DATA = Data(split(12, 0), split(6, 1))


def warmed():
    torch.manual_seed(5)
    return classifier.untrained(FACTS).state_dict()


def carry_out(strategy, settings, *, name="work", data=DATA):
    torch.manual_seed(0)
    return fine_tune(
        FACTS,
        warmed(),
        strategy=strategy,
        settings=settings,
        data=data,
        machine=MACHINE,
        seed=0,
        resume=Resume(name, "key"),
    )


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@every_strategy
def test_each_learns_what_is_easy_and_trains_what_it_says(name, settings):
    done = carry_out(STRATEGIES[name], settings)
    start, after = warmed(), done.model.state_dict()
    moved = {key for key in start if key in after and not torch.equal(start[key], after[key])}

    assert max(row["val_accuracy"] for row in done.history) == 1.0
    body_moved = any(not key.startswith("classifier") for key in moved)
    assert body_moved == (name not in {"linear_probe", "feature_extraction"})
    assert done.trained_parameters <= sum(p.numel() for p in done.model.parameters())


@every_strategy
@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_each_goes_on_after_a_kill_to_the_same_bits(name, ema, settings, monkeypatch):
    recipe = replace(settings.recipe, steps=replace(settings.recipe.steps, ema=ema))
    settings = replace(settings, recipe=recipe)
    expected = carry_out(STRATEGIES[name], settings, name="whole")
    for epoch in range(len(expected.history)):
        with monkeypatch.context() as patch:
            dies_in_epoch(patch, epoch)
            with pytest.raises(KeyboardInterrupt):
                carry_out(STRATEGIES[name], settings, name=f"killed in {epoch}")
        found = carry_out(STRATEGIES[name], settings, name=f"killed in {epoch}")

        assert found.history == expected.history
        assert same(found.model.state_dict(), expected.model.state_dict())


def dies_in_epoch(patch, epoch):
    """Interrupt whatever chooses the pictures of an epoch, or fits a probe."""
    rows = ClassificationTask.rows

    def dying(task, number):
        if number == epoch:
            raise KeyboardInterrupt
        return rows(task, number)

    def dying_probe(*_, **__):
        raise KeyboardInterrupt

    patch.setattr(ClassificationTask, "rows", dying)
    patch.setattr(finetuning.linear_probe, "fit", dying_probe)


def test_a_head_learns_on_kept_features_what_it_learns_through_the_body(settings):
    strategy = STRATEGIES["feature_extraction"]
    strategy = replace(strategy, head=HeadShape((8,), True, 0.0))
    kept = carry_out(strategy, settings, name="kept")
    through = carry_out(strategy, replace(settings, feature_cache_mib=0), name="through")

    torch.testing.assert_close(kept.model.state_dict(), through.model.state_dict(), rtol=1e-2, atol=1e-3)
    assert [row["val_accuracy"] for row in kept.history] == [row["val_accuracy"] for row in through.history]


def test_pictures_that_change_go_through_the_body(settings, monkeypatch):
    monkeypatch.setattr(finetuning.features, "extract", lambda *_, **__: pytest.fail("features were kept"))
    mixing = replace(settings, regularisation=Regularisation(mixing=Mixing(mixup=0.2, erasing=0.5)))

    assert len(carry_out(STRATEGIES["feature_extraction"], mixing).history) == 3


def test_gradient_checkpointing_changes_no_weight(settings):
    plain = carry_out(STRATEGIES["discriminative"], settings, name="plain")
    less = carry_out(STRATEGIES["discriminative"], replace(settings, gradient_checkpointing=True), name="less")

    torch.testing.assert_close(less.model.state_dict(), plain.model.state_dict())


def test_micro_batches_and_a_patient_sgd_train_too(settings):
    recipe = replace(
        settings.recipe,
        optimizer=replace(settings.recipe.optimizer, name="sgd"),
        steps=replace(settings.recipe.steps, micro_batch_size=2),
        l2_sp=0.01,
    )
    assert len(carry_out(STRATEGIES["partial"], replace(settings, recipe=recipe)).history) == 3


def test_a_new_network_sees_its_own_statistics_whatever_the_recipe_says_of_pretrained_ones(settings):
    frozen = replace(settings, recipe=replace(settings.recipe, frozen_norm="both", l2_sp=1.0))
    plain = carry_out(STRATEGIES["scratch"], settings, name="plain")
    found = carry_out(STRATEGIES["scratch"], frozen, name="frozen")

    assert same(found.model.state_dict(), plain.model.state_dict())


def test_frozen_norms_of_a_body_do_not_freeze_those_of_a_new_head(settings):
    frozen = replace(settings, recipe=replace(settings.recipe, frozen_norm="both"))
    strategy = replace(STRATEGIES["discriminative"], head=HeadShape((8,), True, 0.0))
    tensors = carry_out(strategy, frozen).model.state_dict()
    moved = {name for name, t in tensors.items() if name.endswith("running_var") and not bool((t == 1).all())}

    assert {name.partition(".")[0] for name in moved} == {"classifier"}


def test_the_drift_of_features_is_watched(settings):
    recipe = replace(settings.recipe, watch=replace(settings.recipe.watch, drift="stop", max_drift=-1.0))
    rows = carry_out(STRATEGIES["discriminative"], replace(settings, recipe=recipe)).history

    assert all(0 <= row["feature_drift"] <= 2 for row in rows)


def test_a_stopping_watcher_ends_the_training(settings, monkeypatch):
    finding = finetuning.loop.watchers.Finding("forgetting", "all is forgotten", stops=True)
    monkeypatch.setattr(finetuning.loop.watchers, "look", lambda rows, _: [finding] if len(rows) == 2 else [])

    assert len(carry_out(STRATEGIES["gradual"], settings).history) == 2


def test_a_watcher_speaks_once_in_a_phase(settings, monkeypatch, capsys):
    finding = finetuning.loop.watchers.Finding("saturation", "nothing more is learned", stops=False)
    monkeypatch.setattr(finetuning.loop.watchers, "look", lambda rows, _: [finding])
    carry_out(STRATEGIES["gradual"], settings)

    assert capsys.readouterr().err.count("saturation: nothing more is learned") == 2


def test_class_weights_and_balanced_drawing_help_a_rare_class(settings):
    data = Data(rare_lights(split(12, 0)), DATA.val)
    for regularisation in (Regularisation(class_weights="balanced"), Regularisation(sampling="balanced")):
        done = carry_out(
            STRATEGIES["discriminative"],
            replace(settings, regularisation=regularisation),
            name=str(regularisation),
            data=data,
        )
        assert max(row["val_accuracy"] for row in done.history) == 1.0


def rare_lights(of):
    rows = of.rows[(of.rows["label"] == 0) | (of.rows["image_id"] == 1)].copy()
    pixels = of.shards[0][rows["row"].to_numpy()]
    return shards.Split(rows.assign(row=range(len(rows))).reset_index(drop=True), pd.DataFrame(), (pixels,))


def test_another_head_than_the_warmed_one_is_refused(settings):
    strategy = replace(STRATEGIES["two_phase"], head=HeadShape((8,), False, 0.0))
    with pytest.raises(TrainingError, match="starts from the warmed classifier, whose head is"):
        carry_out(strategy, settings)


def test_the_head_of_a_start_is_in_the_facts(settings):
    done = carry_out(STRATEGIES["feature_extraction"], settings)

    assert done.facts.build["head"] == {"hidden": [8], "norm": False, "dropout": 0.2}
    rebuilt = classifier.build_classifier(done.facts, done.model.state_dict())
    assert isinstance(rebuilt.get_submodule("classifier"), nn.Sequential)


def test_strategies_in_params_are_those_that_the_library_can_carry_out(pytestconfig):
    entries = load("strategies", Strategies, path=pytestconfig.rootpath / "params.yaml")

    assert {
        "scratch",
        "linear_probe",
        "feature_extraction",
        "partial",
        "discriminative",
        "gradual",
        "two_phase",
    } <= set(entries.names())
    assert all(entries.named(name).name == name for name in entries.names())
