"""Measure the classifier on the test split."""

from pathlib import Path
from typing import Literal

from pydantic import PositiveInt

from receiver.progress import say
from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data import dataset
from transfer.data.views import shards
from transfer.evaluation import (
    classification,
    classification_pictures,
    classification_report,
    confusion_table,
    prediction_table,
    test_time_gain,
)
from transfer.models import classifier, prediction


class EvaluateClassifierParams(Params):
    """`test_time` names views whose gain is measured beside the plain answers; `worst_pictures` are shown at most."""

    batch_size: PositiveInt
    test_time: Literal["none", "flip", "flips", "dihedral"]
    worst_pictures: PositiveInt


def run(
    params: EvaluateClassifierParams,
    runtime: Runtime,
    *,
    ingested: Path = Path("data/ingested"),
    data: Path = Path("data/augmented/classifier"),
    model: Path = Path("models/classifier"),
    metrics: Path = Path("reports/classifier/metrics.json"),
    confusion: Path = Path("reports/classifier/confusion.csv"),
    pictures: Path = Path("reports/classifier/pictures"),
    report: Path = Path("reports/classifier/report.txt"),
    predictions: Path = Path("reports/classifier/predictions.csv"),
) -> None:
    """Write the measures (as JSON and as a page of text), every answer, DVC's confusion plot, and the pictures."""
    machine = machines.prepare(**runtime.model_dump())
    facts, tensors = checkpoint.load(model)
    network = classifier.build_classifier(facts, tensors).to(machine.device)
    split = shards.read_split(data, "test")
    labels = split.rows["label"].to_numpy()
    size = params.batch_size
    answers = averaged = prediction.probabilities(network, split, facts, machine, batch_size=size)
    if params.test_time != "none":
        averaged = prediction.probabilities(network, split, facts, machine, batch_size=size, views=params.test_time)
    with atomic.replacing_folder(pictures) as folder:
        classification_pictures.confusion_matrix(folder / "confusion.png", answers, labels, facts.categories)
        classification_pictures.calibration(folder / "calibration.png", answers, labels)
        classification_pictures.worst_mistakes(
            folder / "worst.png", answers, split, facts.categories, num_pictures=params.worst_pictures
        )
    images = dataset.read(ingested).images
    prediction_table.write(predictions, answers, split.rows, facts.categories, images=images)
    confusion_table.write(confusion, answers.argmax(1), split.rows, facts.categories)
    measured = classification.metrics(answers, labels, facts.categories)
    gain = test_time_gain.measure(answers, averaged, labels, facts.categories, views=params.test_time)
    page = classification_report.text(measured | {"test_time": gain})
    say(page)
    atomic.write_text(report, page)
    atomic.write_json(metrics, measured | {"test_time": gain})


if __name__ == "__main__":
    main(run)
