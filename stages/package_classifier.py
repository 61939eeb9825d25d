"""Hand the classifier over alone, where there is no detector: `transferline run package_classifier`."""

from pathlib import Path

from stages.entry import main
from stages.handoff import HandoffParams, make
from transfer.handoff.layout import Part


def run(
    package_handoff: HandoffParams,
    *,
    ingested: Path = Path("data/ingested"),
    validation: Path = Path("reports/validation"),
    splits: Path = Path("data/splits"),
    classifier: Path = Path("models/classifier"),
    onnx: Path = Path("models/onnx/classifier.onnx"),
    report: Path = Path("reports/classifier"),
    parity: Path = Path("reports/parity/classifier.json"),
    lock: Path = Path("requirements.lock"),
    stages: Path = Path("stages"),
    transfer: Path = Path("transfer"),
    receiver: Path = Path("receiver"),
    bundle: Path = Path("handoff/classifier"),
    zipped: Path = Path("handoff/classifier.zip"),
) -> None:
    """Write the bundle of one model."""
    make(
        package_handoff,
        [Part("classification", classifier, onnx, report, parity)],
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
