"""Carry out a strategy: put the classifier where the strategy starts, and take it through its phases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views import classes
from transfer.data.views.shards import Split
from transfer.errors import TrainingError
from transfer.models import classifier, freezing, heads, zoo
from transfer.models.heads import LINEAR
from transfer.runtime import Machine
from transfer.training import features, linear_probe, loop, strategies
from transfer.training.classification import ClassificationTask, Regularisation, accuracy_and_loss
from transfer.training.drift import Drift, features_of
from transfer.training.features import FeatureTask
from transfer.training.loop import Recipe
from transfer.training.recomputation import recompute
from transfer.training.resume import Resume
from transfer.training.strategies import Probe, Strategy

# Pictures whose features are watched for drift.
WATCHED_PICTURES = 64


@dataclass(frozen=True)
class Settings:
    """What fine-tuning needs beside the strategy. `feature_cache_mib` bounds the features kept of a frozen body."""

    recipe: Recipe
    regularisation: Regularisation
    batch_size: int
    feature_batch_size: int
    feature_cache_mib: int
    gradient_checkpointing: bool


@dataclass(frozen=True)
class Data:
    """The stored pictures of the two splits that training may see."""

    train: Split
    val: Split


@dataclass(frozen=True)
class Tuned:
    """The classifier of the best epoch; `history` has one row per epoch, one in all for a probe."""

    facts: Facts
    model: nn.Module
    history: list[dict[str, Any]]
    trained_parameters: int


def fine_tune(
    facts: Facts,
    tensors: Mapping[str, torch.Tensor],
    *,
    strategy: Strategy,
    settings: Settings,
    data: Data,
    machine: Machine,
    seed: int,
    resume: Resume,
) -> Tuned:
    """Train the classifier of a checkpoint by a strategy.

    Raises:
        DataError: there is one class, or one has no picture.
        TrainingError: the strategy does not fit the architecture, the loss diverges, or a batch does not fit in memory.
        WeightsError: the tensors are not those of the architecture.
    """
    classes.require(facts.categories, train=data.train, val=data.val)
    facts, model = start(facts, tensors, strategy)
    model.to(machine.device)
    task = ClassificationTask(
        data.train,
        data.val,
        facts,
        machine,
        batch_size=settings.batch_size,
        regularisation=settings.regularisation,
        seed=seed,
    )
    if strategy.probe:
        return _probe(model, task, strategy.probe, settings)
    groups = freezing.layer_groups(model, facts.architecture)
    phases = strategies.phases(strategy.phases, freezing.group_names(facts.architecture))
    if settings.gradient_checkpointing:
        recompute(module for group in groups[:-1] for module in group if isinstance(module, nn.Module))
    history = loop.fit(
        model,
        task if settings.recipe.watch.drift == "off" else replace(task, drift=_drift(model, task)),
        groups=groups,
        phases=phases,
        recipe=_recipe(strategy, settings.recipe),
        seed=seed,
        resume=resume,
        head_task=_head_task(task, settings),
    )
    return Tuned(facts, model, history, _count_trained(groups, phases))


def start(facts: Facts, tensors: Mapping[str, torch.Tensor], strategy: Strategy) -> tuple[Facts, nn.Module]:
    """Build the model as the strategy finds it. What is new in it is drawn from torch's global generator.

    Raises:
        TrainingError: the strategy starts from the warmed classifier and asks for another head.
    """
    if strategy.start == "warmed":
        _require_head_of_start(facts, strategy)
        return facts, classifier.build_classifier(facts, tensors)
    build = {**facts.build, "head": (strategy.head or LINEAR).facts()}
    if strategy.start == "backbone":
        facts = facts.model_copy(update={"build": build})
        return facts, classifier.build_classifier(facts, classifier.joined(facts, tensors, classifier.head(facts)))
    facts = facts.model_copy(update={"build": build, "architecture": strategy.architecture or facts.architecture})
    assert facts.image_size is not None
    zoo.require_size(facts.architecture, facts.image_size)
    return facts, classifier.untrained(facts)


def _require_head_of_start(facts: Facts, strategy: Strategy) -> None:
    found = heads.from_facts(facts.build.get("head"))
    if strategy.head not in {None, found}:
        msg = (
            f"strategies.{strategy.name}: starts from the warmed classifier, whose head is {found}, but asks for "
            f"{strategy.head}; set its head to null, or warmup_classifier.head to this one, or start: backbone"
        )
        raise TrainingError(msg)


def _recipe(strategy: Strategy, recipe: Recipe) -> Recipe:
    """Leave out what is for pretrained weights where there are none: a new BatchNorm must see its own statistics."""
    return replace(recipe, frozen_norm="none", l2_sp=0.0) if strategy.start == "random" else recipe


def _drift(model: nn.Module, task: ClassificationTask) -> Drift:
    images = task.val_images(WATCHED_PICTURES)
    head = zoo.find(task.facts.architecture).head
    return Drift(images, features_of(model.eval(), images, head=head), head)


def _head_task(task: ClassificationTask, settings: Settings) -> loop.HeadTask | None:
    """Return what trains a head on features, unless pictures change from epoch to epoch or there are too many."""
    num_features = zoo.find(task.facts.architecture).num_features
    mib = num_features * 4 * (len(task.train) + len(task.val)) / 2**20
    if settings.regularisation.mixing.changes_pixels or mib > settings.feature_cache_mib:
        return None

    def make(model: nn.Module, head: nn.Module) -> FeatureTask:
        return FeatureTask(
            *_features(model, task, settings),
            batch_size=task.batch_size,
            seed=task.seed,
            rows=task.rows,
            smoothing=settings.regularisation.label_smoothing,
            weights=task.weights,
        )

    return make


def _features(
    model: nn.Module, task: ClassificationTask, settings: Settings
) -> tuple[features.Features, features.Features]:
    """Return what the body answers for the stored pictures of both splits, on the machine's device."""
    # A copy, as folding BatchNorm into it would change the model that trains on.
    body = classifier.build_backbone(task.facts, model.state_dict()).to(task.machine.device)

    def of(split: Split) -> features.Features:
        answers, labels = features.extract(
            body, split, task.facts, task.machine, batch_size=settings.feature_batch_size
        )
        return answers.to(task.machine.device), labels.to(task.machine.device)

    return of(task.train), of(task.val)


def _probe(model: nn.Module, task: ClassificationTask, probe: Probe, settings: Settings) -> Tuned:
    (train, labels), (val, val_labels) = _features(model, task, settings)
    chosen = np.ones(len(train), bool) if probe.views == "all" else task.train.rows["view"].to_numpy() == 0
    head = linear_probe.fit(
        train.cpu().numpy()[chosen], labels.cpu().numpy()[chosen], num_classes=len(task.facts.categories), c=probe.c
    ).to(task.machine.device)
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(head(train), labels).item()
        metrics = accuracy_and_loss(head(val), val_labels)
    model.set_submodule(zoo.find(task.facts.architecture).head, head)
    row = {"epoch": 1, "phase": "probe", "train_loss": loss, **metrics}
    return Tuned(task.facts, model.eval(), [row], sum(p.numel() for p in head.parameters()))


def _count_trained(groups: Sequence[freezing.Group], phases: Sequence[strategies.Phase]) -> int:
    trained = [any(phase.rates[index] > 0 for phase in phases) for index in range(len(groups))]
    parameters = freezing.parameters(groups)
    return sum(p.numel() for group, is_trained in zip(parameters, trained, strict=True) if is_trained for p in group)
