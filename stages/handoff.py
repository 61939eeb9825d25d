"""What every stage that packs a bundle does: the one of both models, and those of one of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from pydantic import Field, PositiveInt

from receiver.progress import say
from stages import line_record
from stages.params import Params
from transfer import atomic
from transfer.data import dataset
from transfer.data.pixels import read_images
from transfer.handoff import archive, checksums, description, figures, golden, layout, lineage, pack, texts
from transfer.handoff.layout import Part
from transfer.handoff.texts import SECTION

ENVIRONMENT = Path("reports/environment")
NAME = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"
VERSION = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$"


class WrittenFor(Params):
    """The data set that the texts speak of: its root, as data/ingested/dataset.json has it, and its classes."""

    root: str
    classes: tuple[str, ...]


class TextParams(Params):
    """What only a person can say; empty texts are refused when the bundle is packed."""

    written_for: WrittenFor
    title: str
    summary: str
    intended_use: str
    out_of_scope: str
    limits: tuple[str, ...]
    licence: str
    data_licence: str
    contact: str


class ThresholdParams(Params):
    """Confidence below which an answer is "not sure"; score below which a box is dropped."""

    classification: float = Field(ge=0, le=1)
    detection: float = Field(ge=0, le=1)


class GoldenParams(Params):
    """So many images of the test split; differences of another machine's answers up to which they are the same."""

    inputs: int = Field(ge=1, le=200)
    probability: float = Field(gt=0)
    score: float = Field(gt=0)
    pixels: float = Field(gt=0)


class HandoffParams(Params):
    """The bundle's name and version, its texts, and what is put into it."""

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
    texts: TextParams
    licence_file: str
    thresholds: ThresholdParams
    golden: GoldenParams
    resamples: PositiveInt
    seed: int = Field(ge=0)


def make(
    params: HandoffParams,
    parts: Sequence[Part],
    *,
    ingested: Path,
    validation: Path,
    splits: Path,
    lock: Path,
    code: Sequence[Path],
    bundle: Path,
    zipped: Path,
) -> None:
    """Write the folder and the zip of a bundle; nothing is left half-written."""
    data = dataset.read(ingested)
    _require_texts(params, data)
    described = description.describe(
        parts, data, name=params.name, version=params.version, thresholds=params.thresholds.model_dump()
    )
    recorded = line_record.upstream([ingested, validation, splits, *(path for part in parts for path in _paths(part))])
    git = line_record.revision([*code, lock])
    origin = lineage.describe(parts, data, git=git, code=[*code, lock], stages=recorded)
    more = {"texts": params.texts, "measured": _measured(params, parts), "resamples": params.resamples}
    facts = pack.facts_of(described, origin, validation=validation, splits=splits, **more)
    with atomic.replacing_folder(bundle) as folder, atomic.replacing(zipped) as beside:
        images = _golden_images(data, splits, count=params.golden.inputs)
        tolerances = params.golden.model_dump(exclude={"inputs"})
        pack.write_models(folder, parts, described, images=images, tolerances=tolerances)
        layout.copy_evidence(folder, parts, validation=validation, splits=splits)
        lineage.write(
            folder, origin, recorded=recorded, params=_params(params, recorded), environment=_environment(recorded)
        )
        pack.write_papers(folder, parts, facts, licence=Path(params.licence_file), lock=lock)
        checksums.write(folder)
        archive.write(beside, folder)
        size, ratio = pack.ratio(folder, [part.folder for part in parts])
    say(f"{bundle}: {params.name} {params.version}, {size:,} bytes, {ratio:.3f} times its weights")


def _require_texts(params: HandoffParams, data: dataset.Dataset) -> None:
    found = WrittenFor(root=data.root.as_posix(), classes=tuple({*data.labels, *data.categories}))
    given = params.texts.model_dump(exclude={"written_for"})
    texts.require(given, written_for=_in_words(params.texts.written_for), found=_in_words(found))


def _in_words(known: WrittenFor) -> str:
    return f"{known.root} with the classes {', '.join(sorted(known.classes))}" if known.classes else known.root


def _measured(params: HandoffParams, parts: Sequence[Part]) -> dict[str, Any]:
    thresholds = params.thresholds.model_dump()
    return {
        part.task: figures.of(part, threshold=thresholds[part.task], resamples=params.resamples, seed=params.seed)
        for part in parts
    }


def _params(params: HandoffParams, recorded: Mapping[str, Any]) -> str:
    # Not the file: it has sections that change no result, as the gates that this bundle will meet.
    values = {**line_record.params(recorded), SECTION: params.model_dump(mode="json")}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _environment(recorded: Mapping[str, Any]) -> list[Path]:
    """Return what the stages that led here ran on: a record of each, which dvc.lock lists among its outputs."""
    outs = [Path(out["path"]) for entry in recorded.values() for out in entry.get("outs", [])]
    return sorted(out for out in outs if out.parent == ENVIRONMENT)


def _paths(part: Part) -> tuple[Path, ...]:
    return part.model, part.onnx, part.report, part.parity


def _golden_images(data: dataset.Dataset, splits: Path, *, count: int) -> Iterator[tuple[int, np.ndarray]]:
    assigned = pd.read_parquet(splits / "splits.parquet")
    test = data.images[data.images["image_id"].isin(assigned.loc[assigned["split"] == "test", "image_id"])]
    boxes = data.boxes.drop_duplicates("image_id").set_index("image_id")["category"]
    labels = test.set_index("image_id")["label"].fillna(boxes).fillna("")
    kinds = dict(zip(labels.index.tolist(), labels.astype(str), strict=True))
    return read_images(data, golden.choose(kinds, count=count), num_threads=1, all_channels=True)
