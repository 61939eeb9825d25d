"""Freeze the body and train a detector's new parts on its cached feature maps."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from stages.entry import main
from stages.params import Params, Runtime
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.models import detector, detector_start, zoo
from transfer.models.detector_settings import Settings
from transfer.training import detection, loop
from transfer.training.resume import Resume, work_key
from transfer.training.strategies import Phase

Pair = tuple[PositiveInt, PositiveInt]


class WarmupDetectorParams(Params):
    """What stands on the body and how it is trained; sizes in pixels of the stored pictures."""

    body: Literal["models/classifier", "models/backbone", "models/pretrained_detector"]
    strides: tuple[Literal[4, 8, 16, 32], ...] = Field(min_length=1)
    pyramid_channels: PositiveInt
    anchor_sizes: tuple[tuple[PositiveInt, ...], ...] = Field(min_length=2)
    aspect_ratios: tuple[PositiveFloat, ...] = Field(min_length=1)
    canonical_scale: PositiveInt
    box_width: PositiveInt
    train_proposals: Pair
    test_proposals: Pair
    anchors_per_image: PositiveInt
    regions_per_image: PositiveInt
    score_threshold: float = Field(ge=0, lt=1)
    nms_threshold: float = Field(gt=0, le=1)
    detections_per_image: PositiveInt
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: float = Field(ge=0)
    warmup: float = Field(gt=0, lt=1)
    clip_norm: PositiveFloat
    feature_cache_mib: int = Field(ge=0)

    @model_validator(mode="after")
    def _one_list_of_anchors_per_map(self) -> Self:
        if list(self.strides) != sorted(set(self.strides)):
            msg = f"strides must rise, found {list(self.strides)}"
            raise ValueError(msg)
        lengths = [len(sizes) for sizes in self.anchor_sizes]
        if len(lengths) != len(self.strides) + 1 or len(set(lengths)) != 1:
            msg = (
                f"anchor_sizes needs {len(self.strides) + 1} lists of equal length, one per stride and one for the "
                f"pooled map, found {len(lengths)} of lengths {lengths}"
            )
            raise ValueError(msg)
        return self


def run(
    params: WarmupDetectorParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/detector"),
    warmed: Path = Path("models/warmed_detector"),
) -> None:
    """Write a detector whose body is as it was and whose other parts know this data set's categories."""
    machine = machines.prepare(**runtime.model_dump())
    body = Path(params.body)
    resume = Resume("warmup_detector", work_key(params, runtime, inputs=(data, body)))
    known = shards.read_facts(data)
    source, tensors = checkpoint.load(body)
    settings = _settings(params, source)
    begun = detector_start.start(source, tensors, settings, categories=known.names, image_size=known.image_size)
    _fit(params, begun, machine, data=data, seed=runtime.seed, resume=resume)
    entry = {"stage": "warmup_detector", "data": known.digest, "epochs": params.epochs, **machine.facts()}
    checkpoint.save(warmed, begun.facts.extended(entry), begun.model.state_dict())
    resume.clear()


def _settings(params: WarmupDetectorParams, source: checkpoint.Facts) -> Settings:
    pyramid = zoo.pyramid(source.architecture) if source.kind in ("backbone", "classifier") else ()
    layers = tuple(layer for stride, layer in zip((4, 8, 16, 32), pyramid, strict=False) if stride in params.strides)
    shared = params.model_dump(include=set(Settings.__dataclass_fields__))
    return Settings(layers=layers, rpn_convolutions=1, box_convolutions=0, **shared)


def _fit(
    params: WarmupDetectorParams,
    begun: detector_start.Start,
    machine: machines.Machine,
    *,
    data: Path,
    seed: int,
    resume: Resume,
) -> None:
    model = begun.model.to(machine.device)
    groups = detector.layer_groups(model, zoo.find(begun.facts.architecture).groups)
    train, val = shards.read_split(data, "train"), shards.read_split(data, "val")
    task = detection.detection_task(train, val, machine, batch_size=params.batch_size, all_views=True, seed=seed)
    for name, split in (("train", train), ("val", val)):
        task.maps.keep(model, split, name=name, batch_size=params.batch_size, limit=params.feature_cache_mib * 2**20)
    rate = params.learning_rate
    frozen = (0.0,) * (len(groups) - 2)
    loop.fit(
        model,
        task,
        groups=groups,
        phases=[Phase("heads", params.epochs, (*frozen, rate if begun.new_pyramid else 0.0, rate))],
        recipe=loop.plain(
            weight_decay=params.weight_decay,
            clip_norm=params.clip_norm,
            warmup=params.warmup,
            patience=params.epochs,
            frozen_norm="statistics",
        ),
        seed=seed,
        resume=resume,
    )


if __name__ == "__main__":
    main(run)
