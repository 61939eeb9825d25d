"""Freeze the backbone and train a new head on its cached features."""

from pathlib import Path

from stages.entry import main
from stages.params import Runtime
from stages.warmup import WarmupClassifierParams
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import classes, shards
from transfer.training.resume import Resume, work_key
from transfer.training.warmup import begin, warm_up


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
    entry = {"stage": "warmup_classifier", "epochs": params.epochs, **machine.facts()}
    known = shards.read_facts(data)
    train, val = (shards.read_split(data, name) for name in ("train", "val"))
    classes.require(known.names, train=train, val=val)
    facts, body = begin(*checkpoint.load(backbone), known, head=params.head.shape(), entry=entry)
    tensors = warm_up(
        facts,
        body,
        train=train,
        val=val,
        settings=params.settings(),
        machine=machine,
        seed=runtime.seed,
        resume=Resume("warmup_classifier", work_key(params, runtime, inputs=(data, backbone))),
    )
    checkpoint.save(warmed, facts, tensors)


if __name__ == "__main__":
    main(run)
