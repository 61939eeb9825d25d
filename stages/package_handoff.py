"""Hand both models over: one folder and one zip that another team can check, run and train on from."""

from pathlib import Path

from stages.entry import main
from stages.handoff import HandoffParams, make
from transfer.handoff.layout import Part


def run(
    params: HandoffParams,
    *,
    ingested: Path = Path("data/ingested"),
    validation: Path = Path("reports/validation"),
    splits: Path = Path("data/splits"),
    classifier: Path = Path("models/classifier"),
    classifier_onnx: Path = Path("models/onnx/classifier.onnx"),
    classifier_report: Path = Path("reports/classifier"),
    classifier_parity: Path = Path("reports/parity/classifier.json"),
    detector: Path = Path("models/detector"),
    detector_onnx: Path = Path("models/onnx/detector.onnx"),
    detector_report: Path = Path("reports/detector"),
    detector_parity: Path = Path("reports/parity/detector.json"),
    lock: Path = Path("requirements.lock"),
    stages: Path = Path("stages"),
    transfer: Path = Path("transfer"),
    receiver: Path = Path("receiver"),
    bundle: Path = Path("handoff/bundle"),
    zipped: Path = Path("handoff/bundle.zip"),
) -> None:
    """Write the bundle of both models."""
    make(
        params,
        [
            Part("classification", classifier, classifier_onnx, classifier_report, classifier_parity),
            Part("detection", detector, detector_onnx, detector_report, detector_parity),
        ],
        ingested=ingested,
        validation=validation,
        splits=splits,
        lock=lock,
        code=[stages, transfer, receiver],
        bundle=bundle,
        zipped=zipped,
    )


if __name__ == "__main__":
    main(run)
