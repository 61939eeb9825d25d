"""What the page says about the exported files: the same answers as the trained models?"""

from pathlib import Path
from typing import Any

from transfer.report import evidence
from transfer.report.words import percent


def classifier(parity: Path) -> dict[str, Any]:
    """Return what is said about the classifier's file; `same` is whether no answer differs."""
    found = evidence.read_json(parity / "classifier.json")
    differing = found["num_disagreements"]
    return {
        "name": "Classifier",
        "same": differing == 0,
        "images": found["num_images"],
        "short": "all answers equal" if differing == 0 else f"{differing} of {found['num_images']} answers differ",
        "rows": [
            ("accuracy", percent(found["accuracy_torch"], 2), percent(found["accuracy_onnx"], 2)),
            ("answers that differ", "", f"{differing:,} of {found['num_images']:,}"),
            ("largest difference of a probability", "", f"{found['max_abs_difference']:.1e}"),
        ],
    }


def detector(parity: Path) -> dict[str, Any]:
    """Return what is said about the detector's file; `same` is whether every detection has its partner."""
    found = evidence.read_json(parity / "detector.json")
    alone = found["num_unmatched"]
    return {
        "name": "Detector",
        "same": alone == 0,
        "images": found["num_images"],
        "short": "all boxes have their partner" if alone == 0 else f"{alone:,} boxes without a partner",
        "rows": [
            ("AP", f"{found['AP_torch']:.4f}", f"{found['AP_onnx']:.4f}"),
            ("boxes with a partner", "", f"{found['num_matched']:,}"),
            ("boxes without a partner", "", f"{alone:,}"),
            ("largest difference of a score", "", f"{found['max_score_difference']:.1e}"),
            ("largest difference of an edge, pixels", "", f"{found['max_box_difference']:.1e}"),
        ],
    }
