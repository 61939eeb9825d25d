"""Write the classifier as ONNX and hold it against torch on the whole test split, from original pixels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, PositiveInt

from receiver.progress import track
from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data import dataset
from transfer.data.pixels import read_images
from transfer.errors import DataError
from transfer.export import classifier as exporter
from transfer.export import classifier_parity
from transfer.models import classifier
from transfer.models.classifier_program import ClassifierProgram


class ExportClassifierParams(Params):
    """Views that the file averages over, and limits of the difference between torch and onnxruntime."""

    test_time: Literal["none", "flip", "flips", "dihedral"]
    batch_size: PositiveInt
    max_abs_difference: float = Field(ge=0)
    max_accuracy_difference: float = Field(ge=0, le=1)


def run(
    params: ExportClassifierParams,
    runtime: Runtime,
    *,
    ingested: Path = Path("data/ingested"),
    splits: Path = Path("data/splits"),
    model: Path = Path("models/classifier"),
    onnx: Path = Path("models/onnx/classifier.onnx"),
    parity: Path = Path("reports/parity/classifier.json"),
) -> None:
    """Write the ONNX file and the parity report; the file takes its name only when parity holds."""
    machines.prepare(**runtime.model_dump())
    facts, tensors = checkpoint.load(model)
    program = ClassifierProgram(classifier.build_classifier(facts, tensors), facts, views=params.test_time).eval()
    with atomic.replacing(onnx) as beside:
        exporter.export(program, beside)
        images = _test_images(ingested, splits, facts, threads=runtime.threads)
        result = classifier_parity.measure(
            program, beside, images, batch_size=params.batch_size, threads=runtime.threads
        )
        atomic.write_json(parity, result)
        classifier_parity.require(
            result,
            max_abs_difference=params.max_abs_difference,
            max_accuracy_difference=params.max_accuracy_difference,
        )


def _test_images(
    ingested: Path, splits: Path, facts: checkpoint.Facts, *, threads: int
) -> Iterator[tuple[np.ndarray, int]]:
    data = dataset.read(ingested)
    assigned = pd.read_parquet(splits / "splits.parquet")
    test = data.images[data.images["image_id"].isin(assigned.loc[assigned["split"] == "test", "image_id"])]
    labels = test.dropna(subset=["label"]).set_index("image_id")["label"]
    if labels.empty:
        msg = f"{splits}: the test split has no labelled image to measure parity on; see split_data in params.yaml"
        raise DataError(msg)
    images = read_images(data, labels.index.tolist(), num_threads=threads, all_channels=True)
    for image_id, image in track(images, "parity", total=len(labels)):
        yield image, facts.categories.index(labels[image_id])


if __name__ == "__main__":
    main(run)
