"""Write a classifier as one ONNX file."""

import warnings
from pathlib import Path

import onnx
import torch

from transfer.export import metadata
from transfer.models.classifier_program import ClassifierProgram

OPSET = 20
INPUT, OUTPUT = "images", "probabilities"


def export(program: ClassifierProgram, path: Path) -> None:
    """Export with dynamic batch, height and width, weights inside the file, facts in its metadata."""
    # Sizes 2 and unequal sides, so that the tracer takes none of them for a constant.
    example = torch.zeros(2, 40, 56, program.facts.channels, dtype=torch.uint8)
    dynamic = {0: torch.export.Dim("batch"), 1: torch.export.Dim("height"), 2: torch.export.Dim("width")}
    with warnings.catch_warnings():
        # Raised inside torch's and onnxscript's own code; nothing here can heed them.
        warnings.simplefilter("ignore", (DeprecationWarning, FutureWarning))
        exported = torch.onnx.export(
            program.cpu().eval(),
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes={"images": dynamic},
            verbose=False,
        )
    assert exported is not None
    model = exported.model_proto
    metadata.write(model, program.facts, test_time=program.views)
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, path)
