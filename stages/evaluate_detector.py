"""Measure the detector on the test split, from original pixels."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pydantic import Field, PositiveInt

from receiver.progress import track
from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data import dataset, detections
from transfer.data.pixels import read_images
from transfer.evaluation import average_precision, detection, detection_cases, detection_files, detection_pictures
from transfer.models import detector, detector_prediction
from transfer.models.detector_program import DetectorProgram


class EvaluateDetectorParams(Params):
    """`pictures` of the worst and of the best images are drawn, with the boxes of at least `shown_score`."""

    pictures: PositiveInt
    shown_score: float = Field(ge=0, le=1)
    shown_overlap: float = Field(gt=0, le=1)


def run(
    params: EvaluateDetectorParams,
    runtime: Runtime,
    *,
    ingested: Path = Path("data/ingested"),
    splits: Path = Path("data/splits"),
    model: Path = Path("models/detector"),
    metrics: Path = Path("reports/detector/metrics.json"),
    curves: Path = Path("reports/detector/precision_recall.csv"),
    pictures: Path = Path("reports/detector/pictures"),
    detections_file: Path = Path("reports/detector/detections.json"),
    truth_file: Path = Path("reports/detector/truth.json"),
) -> None:
    """Write COCO's measures, curves, all boxes, and the images on which the detector did worst and best."""
    machine = machines.prepare(**runtime.model_dump())
    facts, tensors = checkpoint.load(model)
    program = DetectorProgram(detector.build_detector(facts, tensors), facts).to(machine.device)
    data = dataset.read(ingested)
    image_ids, truth = detections.test_images(data, splits, categories=facts.categories)
    images = (pixels for _, pixels in read_images(data, image_ids, num_threads=runtime.threads))
    shown = track(images, "test images", total=len(image_ids))
    answers = list(detector_prediction.answers(program, shown, machine.device))
    found = detections.found_table(image_ids, answers, categories=facts.categories)
    precision = average_precision.measure(found, truth, image_ids=image_ids, categories=facts.categories)
    tested = data.images.set_index("image_id").loc[image_ids].reset_index()
    detection_files.write_found(detections_file, found, categories=facts.categories)
    detection_files.write_truth(truth_file, truth, tested, categories=facts.categories)
    _draw(params, pictures, data, found, truth)
    detection.write_curves(curves, precision)
    atomic.write_json(metrics, detection.metrics(precision, truth, image_ids=image_ids))


def _draw(
    params: EvaluateDetectorParams, folder: Path, data: dataset.Dataset, found: pd.DataFrame, truth: pd.DataFrame
) -> None:
    shown = found[found["score"] >= params.shown_score]
    ranked = detection_cases.by_quality(shown, truth, least_overlap=params.shown_overlap)
    with atomic.replacing_folder(folder) as beside:
        for name, chosen in (("worst", ranked[: params.pictures]), ("best", ranked[::-1][: params.pictures])):
            title = f"The {len(chosen)} {name} of {len(ranked)} test images. Green: true boxes, orange: found."
            detection_pictures.sheet(beside / f"{name}.png", _cases(data, chosen, shown, truth), title=title)


def _cases(
    data: dataset.Dataset, chosen: Sequence[tuple[int, float]], found: pd.DataFrame, truth: pd.DataFrame
) -> list[detection_pictures.Case]:
    quality = dict(chosen)
    files = data.images.set_index("image_id")["file"]
    return [
        detection_pictures.Case(
            pixels,
            truth[truth["image_id"] == image_id],
            found[found["image_id"] == image_id],
            caption=f"{files[image_id]}: F1 = {quality[image_id]:.2f}",
        )
        for image_id, pixels in read_images(data, list(quality), num_threads=1)
    ]


if __name__ == "__main__":
    main(run)
