"""Write the detector as ONNX and hold it against torch on the whole test split, from original pixels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from receiver.progress import track
from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data import dataset, detections
from transfer.data.pixels import read_images
from transfer.evaluation import average_precision
from transfer.export import detector as exporter
from transfer.export import detector_parity
from transfer.models import detector
from transfer.models.detector_prediction import Answer
from transfer.models.detector_program import DetectorProgram


class ExportDetectorParams(Params):
    """Detections match from `least_overlap` on; the limits are of the difference between torch and onnxruntime."""

    least_overlap: float = Field(gt=0, le=1)
    max_ap_difference: float = Field(ge=0, le=1)
    max_unmatched: float = Field(ge=0, le=1)
    max_score_difference: float = Field(ge=0, le=1)


def run(
    params: ExportDetectorParams,
    runtime: Runtime,
    *,
    ingested: Path = Path("data/ingested"),
    splits: Path = Path("data/splits"),
    model: Path = Path("models/detector"),
    onnx: Path = Path("models/onnx/detector.onnx"),
    parity: Path = Path("reports/parity/detector.json"),
) -> None:
    """Write the ONNX file and the parity report; the file takes its name only when parity holds."""
    machines.prepare(**runtime.model_dump())
    facts, tensors = checkpoint.load(model)
    program = DetectorProgram(detector.build_detector(facts, tensors), facts)
    data = dataset.read(ingested)
    image_ids, truth = detections.test_images(data, splits, categories=facts.categories)
    with atomic.replacing(onnx) as beside:
        exporter.export(program, beside)
        images = (pixels for _, pixels in read_images(data, image_ids, num_threads=runtime.threads))
        sides = detector_parity.run_both(
            program, beside, track(images, "parity", total=len(image_ids)), threads=runtime.threads
        )
        result = {
            "AP_torch": _ap(sides.torch, truth, image_ids, facts),
            "AP_onnx": _ap(sides.onnx, truth, image_ids, facts),
            **detector_parity.compare(sides, least_overlap=params.least_overlap),
        }
        atomic.write_json(parity, result)
        detector_parity.require(result, **params.model_dump(exclude={"least_overlap"}))


def _ap(answers: Sequence[Answer], truth: pd.DataFrame, image_ids: Sequence[int], facts: checkpoint.Facts) -> Any:
    found = detections.found_table(image_ids, answers, categories=facts.categories)
    precision = average_precision.measure(found, truth, image_ids=image_ids, categories=facts.categories)
    return average_precision.summary(precision)["AP"]


if __name__ == "__main__":
    main(run)
