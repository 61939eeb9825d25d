"""Freeze the backbone and train a new head on its cached features."""

from pathlib import Path

import torch
from pydantic import Field, PositiveFloat, PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.models import adaptation, classifier, zoo
from transfer.training import features, loop
from transfer.training.resume import Resume, cached, work_key
from transfer.training.strategies import Phase


class WarmupClassifierParams(Params):
    """`feature_batch_size` is for the body, `batch_size` for the head."""

    epochs: PositiveInt
    feature_batch_size: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: float = Field(ge=0)


def run(
    params: WarmupClassifierParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/classifier"),
    backbone: Path = Path("models/backbone"),
    warmed: Path = Path("models/warmed_classifier"),
) -> None:
    """Write a classifier whose body is the backbone as it was and whose head knows this data set's labels."""
    machine = machines.prepare(**runtime.model_dump())
    work = work_key(params, runtime, inputs=(data, backbone))
    known = shards.read_facts(data)
    source, pretrained = checkpoint.load(backbone)
    source, body = adaptation.adapt(source, pretrained, image_size=known.image_size, channels=source.channels)
    facts = source.extended(
        {"stage": "warmup_classifier", "data": known.digest, "epochs": params.epochs, **machine.facts()},
        kind="classifier",
        categories=known.names,
    )

    def extract(split: str) -> tuple[torch.Tensor, torch.Tensor]:
        model = classifier.build_backbone(facts, body).to(machine.device)
        return features.extract(
            model, shards.read_split(data, split), facts, machine, batch_size=params.feature_batch_size
        )

    saved = Resume("warmup_classifier_features", work)
    # The head starts from numbers drawn next: the same ones, whether features were computed or found.
    train, val, generator = cached(saved, lambda: (extract("train"), extract("val"), torch.get_rng_state()))
    torch.set_rng_state(generator)
    head = _trained_head(params, facts, train, val, seed=runtime.seed, resume=Resume("warmup_classifier", work))
    checkpoint.save(warmed, facts, {**body, **_named(head, zoo.find(facts.architecture).head)})
    saved.clear()


def _trained_head(
    params: WarmupClassifierParams,
    facts: checkpoint.Facts,
    train: features.Features,
    val: features.Features,
    *,
    seed: int,
    resume: Resume,
) -> torch.nn.Module:
    head = classifier.head(facts)
    loop.fit(
        head,
        features.FeatureTask(train, val, batch_size=params.batch_size, seed=seed),
        groups=[[head]],
        phases=[Phase("head", params.epochs, (params.learning_rate,))],
        recipe=loop.Recipe(params.weight_decay, clip_norm=10.0, warmup=0.1, patience=params.epochs, frozen_norm=True),
        seed=seed,
        resume=resume,
    )
    resume.clear()
    return head


def _named(head: torch.nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in head.state_dict().items()}


if __name__ == "__main__":
    main(run)
