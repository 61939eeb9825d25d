import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.errors import ParityError
from transfer.export import classifier, classifier_parity
from transfer.models.classifier_program import ClassifierProgram

FACTS = Facts(
    kind="classifier", architecture="tiny", categories=("a", "b"), image_size=8, mean=(0.5,) * 3, std=(0.25,) * 3
)


def program(views):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 2))
    return ClassifierProgram(network, FACTS, views=views)


def images():
    generator = np.random.default_rng(0)
    for side in (20, 20, 20, 11):
        yield generator.integers(0, 256, (side, side + 3, 3), dtype=np.uint8), int(generator.integers(2))


@pytest.mark.parametrize("views", ["none", "dihedral"])
def test_the_file_answers_as_the_program_and_names_its_views(tmp_path, views):
    classifier.export(program(views), tmp_path / "classifier.onnx")
    result = classifier_parity.measure(program(views), tmp_path / "classifier.onnx", images(), batch_size=2, threads=1)
    model = onnx.load(tmp_path / "classifier.onnx")
    known = {entry.key: json.loads(entry.value) for entry in model.metadata_props}

    assert result["max_abs_difference"] < 1e-5
    assert result["num_images"] == 4
    assert known["test_time"] == views
    assert known["categories"] == ["a", "b"]
    # However many views there are, the weights are there once.
    assert sum(node.op_type == "Conv" for node in model.graph.node) == 1


def test_another_programs_answers_are_refused(tmp_path):
    classifier.export(program("none"), tmp_path / "classifier.onnx")
    result = classifier_parity.measure(
        program("dihedral"), tmp_path / "classifier.onnx", images(), batch_size=2, threads=1
    )

    with pytest.raises(ParityError, match="a probability by"):
        classifier_parity.require(result, max_abs_difference=1e-4, max_accuracy_difference=1.0)
