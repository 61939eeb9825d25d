"""What the receiver of an ONNX file must know, inside the file."""

import json

import onnx

from transfer.checkpoint import RGB, Facts

PRODUCER = "transferline"
INPUT = "uint8 {} pixels of any height and width, channels last; resized and normalised inside"
# What the graph does with pixels, and what comes out of it.
RESIZE = {
    "classifier": "to a square of image_size, whatever the shape; bilinear, antialiased, rounded to whole values",
    "detector": "longer side to image_size, padded with black; bilinear, antialiased, rounded to whole values",
}
OUTPUT = {
    "classifier": "probabilities [n, categories]",
    "detector": "boxes [n, 4]: x_min, y_min, x_max, y_max in pixels of the input; scores [n]; labels [n]: from 0",
}


def write(model: onnx.ModelProto, facts: Facts, **more: str) -> None:
    """Put categories, preprocessing, lineage and `more` into the metadata, as JSON, and drop traces of the tracer."""
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
        "input": INPUT.format(_colours(facts)),
        "image_size": facts.image_size,
        "mean": facts.mean,
        "std": facts.std,
        "resize": RESIZE[facts.kind],
        "output": OUTPUT[facts.kind],
        "architecture": facts.architecture,
        "lineage": facts.lineage,
        **more,
    }
    if "sixteen_bit_window" in facts.build:
        # From it to uint8: floor((value - low) * 256 / (high - low + 1)), clipped to 0..255.
        values["sixteen_bit_window"] = facts.build["sixteen_bit_window"]
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in values.items()})


def _colours(facts: Facts) -> str:
    return "RGB" if facts.channels == RGB else f"RGB + {facts.channels - RGB}"
