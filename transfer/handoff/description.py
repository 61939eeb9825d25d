"""bundle.json: what a program needs to know of a bundle before it opens a model."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from transfer.data.dataset import Dataset
from transfer.data.reading import RGB
from transfer.errors import ParamsError
from transfer.export.session import open_session
from transfer.handoff.layout import FORMAT, Part
from transfer.handoff.lineage import facts_of
from transfer.handoff.requirements import REQUIRES

MEASURES = {
    "classification": ("accuracy", "macro_f1", "ece", "num_images"),
    "detection": ("AP", "AP50", "AP75", "num_images"),
}


def describe(
    parts: Sequence[Part], data: Dataset, *, name: str, version: str, thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """Return the content of bundle.json.

    Raises:
        ParamsError: a threshold lies below the one that is built into the detector.
    """
    return {
        "format": FORMAT,
        "name": name,
        "version": version,
        "tasks": {part.task: _task(part, data, threshold=thresholds[part.task]) for part in parts},
        "requires": REQUIRES,
    }


def _task(part: Part, data: Dataset, *, threshold: float) -> dict[str, Any]:
    facts = facts_of(part)
    least = facts["build"].get("score_threshold", 0.0)
    if threshold < least:
        key = f"package_handoff.thresholds.{part.task}"
        msg = f"params.yaml: {key}: found {threshold}; the detector itself drops boxes below {least}"
        raise ParamsError(msg)
    session = open_session(part.onnx, threads=1)
    measured = json.loads((part.report / "metrics.json").read_text(encoding="utf-8"))
    return {
        "onnx": f"{part.folder}/model.onnx",
        "weights": f"{part.folder}/model.safetensors",
        "facts": f"{part.folder}/facts.json",
        "architecture": facts["architecture"],
        "categories": facts["categories"],
        "threshold": threshold,
        "input": _input(session.get_inputs()[0], facts, data),
        "outputs": [output.name for output in session.get_outputs()],
        "test_time": json.loads(session.get_modelmeta().custom_metadata_map.get("test_time", '"none"')),
        "metrics": {name: measured[name] for name in MEASURES[part.task]},
    }


def _input(given: Any, facts: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    batch = "batch, " if len(given.shape) == 4 else ""
    return {
        "name": given.name,
        "dtype": "uint8",
        "layout": f"{batch}height, width, channel",
        "channels": facts["build"].get("channels", RGB),
        # Bands that files of this data set have; a model may read only the first of them.
        "stored_channels": data.reading.channels,
        "sixteen_bit_window": list(data.reading.window),
        "exif": "turned upright",
    }
