"""Warm-up: the backbone stays as it is, a new head is trained on its features of every stored view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from transfer.checkpoint import Facts
from transfer.data.views.shards import ShardFacts, Split
from transfer.models import adaptation, classifier
from transfer.models.heads import HeadShape
from transfer.runtime import Machine
from transfer.training import features, loop
from transfer.training.features import FeatureTask
from transfer.training.resume import Resume, cached
from transfer.training.strategies import Phase


@dataclass(frozen=True)
class WarmupSettings:
    """`feature_batch_size` is for the body, `batch_size` for the head; an epoch sees all views."""

    epochs: int
    feature_batch_size: int
    batch_size: int
    learning_rate: float
    weight_decay: float


def begin(
    backbone: Facts, tensors: Mapping[str, torch.Tensor], known: ShardFacts, *, head: HeadShape, entry: dict[str, Any]
) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Make a backbone fit for stored pictures: the facts of a classifier of their classes, and the body's tensors.

    `entry` goes into the lineage.

    Raises:
        ParamsError: the architecture cannot read pictures of this size.
        WeightsError: the body cannot be made to read as many channels.
    """
    source, body = adaptation.adapt(backbone, tensors, image_size=known.image_size, channels=known.channels)
    widened = {} if source.channels == backbone.channels else {"channels_before": backbone.channels}
    facts = source.extended(
        {"data": known.digest, **entry, **widened},
        kind="classifier",
        categories=known.names,
        build={**source.build, **known.remembered(), "head": head.facts()},
    )
    return facts, body


def warm_up(
    facts: Facts,
    body: Mapping[str, torch.Tensor],
    *,
    train: Split,
    val: Split,
    settings: WarmupSettings,
    machine: Machine,
    seed: int,
    resume: Resume,
) -> dict[str, torch.Tensor]:
    """Return the tensors of a classifier: those of the body and those of its trained head."""

    def extract() -> tuple[features.Features, features.Features, torch.Tensor]:
        model = classifier.build_backbone(facts, body).to(machine.device)
        first, second = (
            features.extract(model, split, facts, machine, batch_size=settings.feature_batch_size)
            for split in (train, val)
        )
        return first, second, torch.get_rng_state()

    saved = resume.also("features")
    # The head starts from numbers drawn next: the same ones, whether features were computed or found.
    on_train, on_val, generator = cached(saved, extract)
    torch.set_rng_state(generator)
    head = classifier.head(facts)
    loop.fit(
        head,
        FeatureTask(on_train, on_val, batch_size=settings.batch_size, seed=seed),
        groups=[[head]],
        phases=[Phase("head", settings.epochs, (settings.learning_rate,))],
        recipe=loop.plain(weight_decay=settings.weight_decay, clip_norm=10.0, warmup=0.1, patience=settings.epochs),
        seed=seed,
        resume=resume,
    )
    resume.clear()
    saved.clear()
    return classifier.joined(facts, body, head)
