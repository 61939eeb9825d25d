"""Find a learning rate for fine-tuning by the range test, before any training."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd
import torch
from pydantic import Field, PositiveFloat
from torch import nn

from receiver.progress import say
from stages.entry import main
from stages.params import Params, Runtime
from stages.recipe import RecipeParams
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.evaluation import range_test_picture
from transfer.models import classifier, freezing
from transfer.training import lr_finder, optimizers, strategies
from transfer.training.classification import ClassificationTask
from transfer.training.loop import Recipe
from transfer.training.lr_finder import Ascent, RangeTest
from transfer.training.strategies import Falling, Plan


class FindLearningRateParams(Params):
    """`train` and `decay` say what moves during the test, and at which rates: as what is going to be trained."""

    lowest: PositiveFloat
    highest: PositiveFloat
    steps: int = Field(ge=lr_finder.LEAST_POINTS)
    smoothing: float = Field(ge=0, lt=1)
    rule: Literal["steepest", "minimum_tenth"]
    train: int | Literal["head", "all"]
    decay: float = Field(ge=1)


def run(
    params: FindLearningRateParams,
    recipe: RecipeParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/classifier"),
    warmed: Path = Path("models/warmed_classifier"),
    report: Path = Path("reports/learning_rate"),
) -> None:
    """Write the curve as CSV and PNG, and the suggestion."""
    machine = machines.prepare(**runtime.model_dump())
    facts, tensors = checkpoint.load(warmed)
    model = classifier.build_classifier(facts, tensors).to(machine.device)
    settings = recipe.settings(fp16=machine.precision == "fp16")
    task = ClassificationTask(
        shards.read_split(data, "train"),
        shards.read_split(data, "val"),
        facts,
        machine,
        batch_size=settings.batch_size,
        regularisation=settings.regularisation,
        seed=runtime.seed,
    )
    found = lr_finder.range_test(
        model,
        task,
        optimizer=_optimizer(params, model, settings.recipe, architecture=facts.architecture),
        step=settings.recipe.steps,
        ascent=Ascent(params.lowest, params.highest, params.steps, params.smoothing),
        seed=runtime.seed,
    )
    with atomic.replacing_folder(report) as folder:
        _write(folder, found, params)


def _optimizer(
    params: FindLearningRateParams, model: nn.Module, recipe: Recipe, *, architecture: str
) -> torch.optim.Optimizer:
    """Freeze what is not to train; the head's rate is 1, as only the ratios of the rates count."""
    groups = freezing.layer_groups(model, architecture)
    plan = Plan(params.train, epochs=1, rates=Falling(1.0, params.decay))
    (phase,) = strategies.phases([plan], freezing.group_names(architecture))
    freezing.train_only(model, groups, [rate > 0 for rate in phase.rates], frozen_norm=recipe.frozen_norm)
    return optimizers.build(recipe.optimizer, freezing.parameters(groups), phase.rates)


def _write(folder: Path, found: RangeTest, params: FindLearningRateParams) -> None:
    suggestions = {"steepest": found.steepest, "minimum_tenth": found.minimum_tenth}
    curve = pd.DataFrame({"rate": found.rates, "loss": found.losses, "smoothed_loss": found.smoothed})
    atomic.write_text(folder / "curve.csv", curve.to_csv(index=False, lineterminator="\n", float_format="%.6e"))
    trained = f"the head and {params.train} groups" if isinstance(params.train, int) else params.train
    title = f"Range test of the learning rate, training {trained}: {len(curve)} steps, {found.stopped}"
    range_test_picture.draw(folder / "curve.png", curve, suggestions=suggestions, rule=params.rule, title=title)
    words: dict[str, Any] = {
        "suggested": suggestions[params.rule],
        "rule": params.rule,
        **suggestions,
        "stopped": found.stopped,
        "diverged_factor": lr_finder.DIVERGED,
        "num_steps": len(curve),
        "train": params.train,
    }
    atomic.write_json(folder / "suggestion.json", words)
    say(f"suggested learning rate of the head: {suggestions[params.rule]:.1e} ({params.rule})")


if __name__ == "__main__":
    main(run)
