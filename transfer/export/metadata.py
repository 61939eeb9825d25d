"""What the receiver of an ONNX file must know, inside the file."""

import json

import onnx

from transfer.checkpoint import Facts

PRODUCER = "transferline"


def write(model: onnx.ModelProto, facts: Facts) -> None:
    """Put categories, preprocessing and lineage into the model's metadata, each as JSON, and drop traces of the tracer."""
    for node in model.graph.node:
        # The exporter notes file paths and line numbers of this machine on every node.
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        value.doc_string = ""
        if hasattr(value, "metadata_props"):
            del value.metadata_props[:]
    del model.graph.metadata_props[:]
    model.producer_name, model.producer_version = PRODUCER, ""
    values = {
        "categories": facts.categories,
        "input": "uint8 RGB pixels of any height and width, channels last; resized and normalised inside",
        "image_size": facts.image_size,
        "mean": facts.mean,
        "std": facts.std,
        "resize": "bilinear, antialiased, rounded to whole values",
        "architecture": facts.architecture,
        "lineage": facts.lineage,
    }
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in values.items()})
