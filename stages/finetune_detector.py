"""Unfreeze the warmed detector, the pyramid first and then everything, and train it."""

from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.models import detector, zoo
from transfer.training import detection, history, loop
from transfer.training.resume import Resume, work_key
from transfer.training.strategies import Falling, Phase


class FinetuneDetectorParams(Params):
    """Rates are peaks of a warm-up and a cosine; `decay` divides the rate from each group to the shallower one."""

    pyramid_epochs: NonNegativeInt
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    decay: float = Field(ge=1)
    weight_decay: float = Field(ge=0)
    warmup: float = Field(gt=0, lt=1)
    clip_norm: PositiveFloat
    patience: PositiveInt


def run(
    params: FinetuneDetectorParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/detector"),
    warmed: Path = Path("models/warmed_detector"),
    tuned: Path = Path("models/detector"),
    curve: Path = Path("reports/training/detector.csv"),
) -> None:
    """Write the detector of the best validation epoch and the curve of its training."""
    machine = machines.prepare(**runtime.model_dump())
    resume = Resume("finetune_detector", work_key(params, runtime, inputs=(data, warmed)))
    facts, tensors = checkpoint.load(warmed)
    model = detector.build_detector(facts, tensors).to(machine.device)
    groups = detector.layer_groups(model, zoo.find(facts.architecture).groups)
    train, val = shards.read_split(data, "train"), shards.read_split(data, "val")
    rows = loop.fit(
        model,
        detection.detection_task(train, val, machine, batch_size=params.batch_size, all_views=False, seed=runtime.seed),
        groups=groups,
        phases=_phases(params, num_groups=len(groups)),
        recipe=loop.plain(
            weight_decay=params.weight_decay,
            clip_norm=params.clip_norm,
            warmup=params.warmup,
            patience=params.patience,
            frozen_norm="statistics",
        ),
        seed=runtime.seed,
        resume=resume,
    )
    entry = {"stage": "finetune_detector", "epochs": len(rows), **machine.facts()}
    history.write(curve, rows)
    checkpoint.save(tuned, facts.extended(entry), model.state_dict())
    resume.clear()


def _phases(params: FinetuneDetectorParams, *, num_groups: int) -> list[Phase]:
    rates = Falling(params.learning_rate, params.decay).over(num_groups)
    frozen = num_groups - 2
    pyramid = Phase("pyramid+heads", params.pyramid_epochs, (0.0,) * frozen + rates[frozen:])
    everything = Phase("all", params.epochs, rates)
    return [pyramid, everything] if params.pyramid_epochs else [everything]


if __name__ == "__main__":
    main(run)
