"""Unfreeze the warmed classifier by the strategy named in params and train it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.models import classifier, freezing
from transfer.training import history, loop, strategies
from transfer.training.classification import ClassificationTask
from transfer.training.resume import Resume, work_key


class StepParams(Params):
    """One step of unfreezing: how many of the deepest body groups train besides the head, for how many epochs."""

    unfreeze: int | Literal["all"]
    epochs: PositiveInt


class FinetuneClassifierParams(Params):
    """Rates are peaks of warm-up and cosine; `decay` divides the rate from each group to the shallower one."""

    strategy: Literal["gradual", "full"]
    steps: tuple[StepParams, ...] = Field(min_length=1)
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    decay: float = Field(ge=1)
    weight_decay: float = Field(ge=0)
    warmup: float = Field(gt=0, lt=1)
    label_smoothing: float = Field(ge=0, lt=1)
    clip_norm: PositiveFloat
    patience: PositiveInt
    frozen_norm: bool


def run(
    params: FinetuneClassifierParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/classifier"),
    warmed: Path = Path("models/warmed_classifier"),
    tuned: Path = Path("models/classifier"),
    curve: Path = Path("reports/training/classifier.csv"),
) -> None:
    """Write the classifier of the best validation epoch and the curve of its training."""
    machine = machines.prepare(**runtime.model_dump())
    resume = Resume("finetune_classifier", work_key(params, runtime, inputs=(data, warmed)))
    facts, tensors = checkpoint.load(warmed)
    model = classifier.build_classifier(facts, tensors).to(machine.device)
    groups = freezing.layer_groups(model, facts.architecture)
    rows = loop.fit(
        model,
        _task(params, facts, machine, data=data, seed=runtime.seed),
        groups=groups,
        phases=_phases(params, num_groups=len(groups)),
        recipe=loop.Recipe(
            params.weight_decay,
            params.clip_norm,
            params.warmup,
            patience=params.patience,
            frozen_norm=params.frozen_norm,
        ),
        seed=runtime.seed,
        resume=resume,
    )
    entry = {"stage": "finetune_classifier", "strategy": params.strategy, "epochs": len(rows), **machine.facts()}
    history.write(curve, rows)
    checkpoint.save(tuned, facts.extended(entry), model.state_dict())
    resume.clear()


def _task(
    params: FinetuneClassifierParams, facts: checkpoint.Facts, machine: machines.Machine, *, data: Path, seed: int
) -> ClassificationTask:
    return ClassificationTask(
        train=shards.read_split(data, "train"),
        val=shards.read_split(data, "val"),
        facts=facts,
        machine=machine,
        batch_size=params.batch_size,
        label_smoothing=params.label_smoothing,
        seed=seed,
    )


def _phases(params: FinetuneClassifierParams, *, num_groups: int) -> tuple[strategies.Phase, ...]:
    steps = [strategies.Step(step.unfreeze, step.epochs) for step in params.steps]
    strategy = strategies.STRATEGIES[params.strategy]
    return strategy(steps, num_groups, learning_rate=params.learning_rate, decay=params.decay)


if __name__ == "__main__":
    main(run)
