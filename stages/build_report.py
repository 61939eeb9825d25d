"""Write what the line has reached as one page to look at."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from receiver.progress import say
from stages import stage_graph, timing
from stages.entry import main
from stages.params import Params
from transfer import atomic
from transfer.data import dataset
from transfer.report import (
    champion,
    classifier_section,
    data_section,
    detector_section,
    line_section,
    lineage,
    parity_section,
)
from transfer.report.look import Look
from transfer.report.page import render

Task = Literal["classification", "detection"]


class BuildReportParams(Params):
    """What the page is about, and how much of it."""

    title: str | None
    tasks: tuple[Task, ...] = Field(min_length=1)
    champion: str
    sample_pictures: PositiveInt
    class_pictures: PositiveInt
    worst_pictures: PositiveInt
    picture_side: int = Field(ge=32, le=1024)
    shown_score: float = Field(ge=0, le=1)
    shown_overlap: float = Field(gt=0, le=1)
    resamples: PositiveInt
    seed: NonNegativeInt

    def look(self) -> Look:
        """Return the same for the library: which pictures, how many and how large."""
        return Look(**self.model_dump(include=set(Look.__dataclass_fields__)))


def run(
    params: BuildReportParams,
    *,
    values: Path = Path("params.yaml"),
    templates: Path = Path("transfer/report/templates"),
    ingested: Path = Path("data/ingested"),
    duplicates: Path = Path("data/duplicates"),
    splits: Path = Path("data/splits"),
    validation: Path = Path("reports/validation"),
    augmentation: Path = Path("reports/augmentation"),
    training: Path = Path("reports/training"),
    classifier: Path = Path("reports/classifier"),
    explanation: Path = Path("reports/explanation"),
    classifier_facts: Path = Path("models/classifier/facts.json"),
    detector: Path = Path("reports/detector"),
    detector_facts: Path = Path("models/detector/facts.json"),
    parity: Path = Path("reports/parity"),
    onnx: Path = Path("models/onnx"),
    out: Path = Path("reports/index.html"),
) -> None:
    """Write the page; it asks the network for nothing, and but for the measured times depends on its inputs alone."""
    data, look = dataset.read(ingested), params.look()
    page = {
        "title": params.title,
        "line": line_section.build(stage_graph.upstream(values), _times(), own="build_report"),
        "values": values.read_text(encoding="utf-8"),
        "data": data_section.build(data, splits, duplicates, validation, augmentation=augmentation, look=look),
        "champion": champion.newest(Path(params.champion)),
        "classifier": None,
        "detector": None,
    }
    if "classification" in params.tasks:
        page["classifier"] = {
            **classifier_section.build(data, classifier, training, explanation, look=look),
            "parity": parity_section.classifier(parity),
            "lineage": lineage.model(classifier_facts, onnx / "classifier.onnx"),
        }
    if "detection" in params.tasks:
        page["detector"] = {
            **detector_section.build(data, detector, training, look=look, resamples=params.resamples, seed=params.seed),
            "parity": parity_section.detector(parity),
            "lineage": lineage.model(detector_facts, onnx / "detector.onnx"),
        }
    atomic.write_text(out, render(templates, page))
    say(f"open {out} in a browser")


def _times() -> dict[str, Any]:
    return {stage: (time.started, time.seconds) for stage, time in timing.read().items()}


if __name__ == "__main__":
    main(run)
