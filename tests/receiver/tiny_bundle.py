"""A bundle with models of a few bytes that answer by rules one can compute by hand."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CATEGORIES = ["crack", "dent", "scratch"]
# Each as shares of width, height, width and height; the scores are these times the mean of the image over 255.
BOXES = np.array([[0, 0, 0.5, 0.5], [0.25, 0.25, 1, 1], [0.5, 0, 0.75, 0.25]], np.float32)
SCORES = np.array([0.9, 1.0, 0.3], np.float32)
LABELS = np.array([2, 0, 1], np.int64)
# Logits are the mean red, green and blue over 255, times this.
SHARPNESS = 8.0


def make(folder: Path, tasks: Sequence[str] = ("classification", "detection"), *, channels: int = 3) -> Path:
    """Write a valid bundle with the given tasks into a new folder."""
    folder.mkdir(parents=True)
    known = {
        name: facts
        for name, facts in (
            ("classification", _facts("classifier", "images", ["probabilities"], 0.5, channels)),
            ("detection", _facts("detector", "image", ["boxes", "scores", "labels"], 0.25, channels)),
        )
        if name in tasks
    }
    models = {"classification": classifier(channels), "detection": detector(channels)}
    for name, facts in known.items():
        path = folder / facts["onnx"]
        path.parent.mkdir()
        onnx.save_model(models[name], path)
        # A safetensors file without tensors.
        (folder / facts["weights"]).write_bytes((2).to_bytes(8, "little") + b"{}")
        write_json(folder / facts["facts"], {"kind": path.parent.name})
    write_json(
        folder / "bundle.json",
        {
            "format": 1,
            "name": "tiny",
            "version": "1",
            "tasks": known,
            "requires": {"numpy": ">=1", "pillow": ">=1", "onnxruntime": ">=1"},
        },
    )
    return seal(folder)


def seal(folder: Path) -> Path:
    """Write SHA256SUMS anew for what is in the folder."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256((folder / file).read_bytes()).hexdigest()}  {file}\n"
        for file in files
        if file != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")
    return folder


def classifier(channels: int = 3) -> onnx.ModelProto:
    """Build softmax(SHARPNESS * mean of the first three channels / 255) for a batch of images."""
    weights = np.zeros((channels, len(CATEGORIES)), np.float32)
    weights[:3] = np.eye(3) * SHARPNESS / 255
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    return _model(
        nodes,
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", "height", "width", channels])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(CATEGORIES)])],
        {"axes": np.array([1, 2], np.int64), "weights": weights},
    )


def detector(channels: int = 3) -> onnx.ModelProto:
    """Build a graph that finds BOXES in every image, with SCORES times its brightness."""
    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Gather", ["shape", "corners"], ["sizes"]),
        helper.make_node("Cast", ["sizes"], ["scale"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["scale", "shares"], ["boxes"]),
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "highest"], ["scores"]),
        helper.make_node("Identity", ["classes"], ["labels"]),
    ]
    return _model(
        nodes,
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["height", "width", channels])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["detections", 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["detections"]),
            helper.make_tensor_value_info("labels", TensorProto.INT64, ["detections"]),
        ],
        {
            "corners": np.array([1, 0, 1, 0], np.int64),
            "shares": BOXES,
            "highest": SCORES / 255,
            "classes": LABELS,
        },
    )


def write_json(path: Path, value: Any) -> None:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8", newline="\n")


def _facts(folder: str, name: str, outputs: list[str], threshold: float, channels: int) -> dict[str, Any]:
    return {
        "onnx": f"{folder}/model.onnx",
        "weights": f"{folder}/model.safetensors",
        "facts": f"{folder}/facts.json",
        "categories": CATEGORIES,
        "threshold": threshold,
        "input": {
            "name": name,
            "layout": "height, width, channel",
            "dtype": "uint8",
            "channels": channels,
            "sixteen_bit_window": None,
            "exif": "turned upright",
        },
        "outputs": outputs,
        "metrics": {},
    }


def _model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> onnx.ModelProto:
    stored = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, stored)
    # Said outright, as onnx writes newer ones by itself than onnxruntime reads.
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
