"""Freeze the backbone and train a new head on its cached features."""

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.models import adaptation
from transfer.models.heads import HeadShape
from transfer.training.resume import Resume, work_key
from transfer.training.warmup import WarmupSettings, warm_up


class WarmupHeadParams(Params):
    """See transfer/models/heads.py."""

    hidden: tuple[PositiveInt, ...]
    norm: bool
    dropout: float = Field(ge=0, lt=1)


class WarmupClassifierParams(Params):
    """`feature_batch_size` is for the body, `batch_size` for the head."""

    epochs: PositiveInt
    feature_batch_size: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: float = Field(ge=0)
    head: WarmupHeadParams


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
    known = shards.read_facts(data)
    published, pretrained = checkpoint.load(backbone)
    source, body = adaptation.adapt(published, pretrained, image_size=known.image_size, channels=known.channels)
    widened = {} if source.channels == published.channels else {"channels_before": published.channels}
    facts = source.extended(
        {"stage": "warmup_classifier", "data": known.digest, "epochs": params.epochs, **widened, **machine.facts()},
        kind="classifier",
        categories=known.names,
        build={**source.build, **known.remembered(), "head": HeadShape(**params.head.model_dump()).facts()},
    )
    tensors = warm_up(
        facts,
        body,
        train=shards.read_split(data, "train"),
        val=shards.read_split(data, "val"),
        settings=WarmupSettings(**params.model_dump(exclude={"head"})),
        machine=machine,
        seed=runtime.seed,
        resume=Resume("warmup_classifier", work_key(params, runtime, inputs=(data, backbone))),
    )
    checkpoint.save(warmed, facts, tensors)


if __name__ == "__main__":
    main(run)
