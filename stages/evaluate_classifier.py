"""Measure the classifier on the test split."""

from pathlib import Path

from pydantic import PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.evaluation import classification, classification_pictures, confusion_table
from transfer.models import classifier, prediction


class EvaluateClassifierParams(Params):
    """`worst_pictures` are shown at most."""

    batch_size: PositiveInt
    worst_pictures: PositiveInt


def run(
    params: EvaluateClassifierParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/classifier"),
    model: Path = Path("models/classifier"),
    metrics: Path = Path("reports/classifier/metrics.json"),
    confusion: Path = Path("reports/classifier/confusion.csv"),
    pictures: Path = Path("reports/classifier/pictures"),
) -> None:
    """Write the measures, the pairs for DVC's confusion plot, and the pictures."""
    machine = machines.prepare(**runtime.model_dump())
    facts, tensors = checkpoint.load(model)
    network = classifier.build_classifier(facts, tensors).to(machine.device)
    split = shards.read_split(data, "test")
    labels = split.rows["label"].to_numpy()
    answers = prediction.probabilities(network, split, facts, machine, batch_size=params.batch_size)
    with atomic.replacing_folder(pictures) as folder:
        classification_pictures.confusion_matrix(folder / "confusion.png", answers, labels, facts.categories)
        classification_pictures.calibration(folder / "calibration.png", answers, labels)
        classification_pictures.worst_mistakes(
            folder / "worst.png", answers, split, facts.categories, num_pictures=params.worst_pictures
        )
    confusion_table.write(confusion, answers.argmax(1), split.rows, facts.categories)
    atomic.write_json(metrics, classification.metrics(answers, labels, facts.categories))


if __name__ == "__main__":
    main(run)
