"""Write a detector as one ONNX file."""

import warnings
from pathlib import Path

import onnx
import torch

from transfer.export import metadata
from transfer.models.detector_program import DetectorProgram

# torch's newer exporter (dynamo=True) cannot follow sizes that depend on the data, which proposals are made of. Here,
# and nowhere else, is the choice made; opset 17 is the newest that the TorchScript exporter writes for this model.
OPSET = 17
INPUT, OUTPUTS = "image", ("boxes", "scores", "labels")
# Sides that differ, so that the tracer cannot take one for the other.
EXAMPLE_SIZE = (72, 56, 3)


def export(program: DetectorProgram, path: Path) -> None:
    """Export with dynamic height and width, NMS and weights inside the file, facts in its metadata."""
    example = torch.randint(0, 256, EXAMPLE_SIZE, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        _silence_the_exporter()
        torch.onnx.export(
            program.cpu().eval(),
            (example,),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={INPUT: {0: "height", 1: "width"}, **{name: {0: "detections"} for name in OUTPUTS}},
        )
    model = onnx.load_model(path)
    metadata.write(model, program.facts)
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, path)


def _silence_the_exporter() -> None:
    """Ignore what cannot be heeded: that this exporter is deprecated, and that constants are taken for constants."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=torch.jit._trace.TracerWarning)
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)
    warnings.filterwarnings("ignore", "To copy construct from a tensor", UserWarning)
    warnings.filterwarnings("ignore", "Exporting aten::index operator of advanced indexing", UserWarning)
