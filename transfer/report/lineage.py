"""What the page says about where the models come from."""

import hashlib
from pathlib import Path
from typing import Any

from transfer.report import evidence


def model(facts: Path, onnx: Path) -> dict[str, Any]:
    """Return a model's steps, oldest first, and its exported file with its checksum."""
    known = evidence.read_json(facts)
    content = onnx.read_bytes()
    return {
        "architecture": known["architecture"],
        "image_size": known["image_size"],
        "steps": [_step(entry) for entry in known["lineage"]],
        "file": onnx.as_posix(),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _step(entry: dict[str, Any]) -> dict[str, Any]:
    facts = [
        (name.replace("_", " "), _text(value)) for name, value in entry.items() if name != "stage" and value is not None
    ]
    return {"stage": entry.get("stage", "unknown"), "facts": facts}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(entry)}" for name, entry in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)
