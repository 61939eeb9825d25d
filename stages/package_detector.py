"""Hand the detector over alone, where there is no classifier: `transferline run package_detector`."""

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
    detector: Path = Path("models/detector"),
    onnx: Path = Path("models/onnx/detector.onnx"),
    report: Path = Path("reports/detector"),
    parity: Path = Path("reports/parity/detector.json"),
    lock: Path = Path("requirements.lock"),
    stages: Path = Path("stages"),
    transfer: Path = Path("transfer"),
    receiver: Path = Path("receiver"),
    bundle: Path = Path("handoff/detector"),
    zipped: Path = Path("handoff/detector.zip"),
) -> None:
    """Write the bundle of one model."""
    make(
        package_handoff,
        [Part("detection", detector, onnx, report, parity)],
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
