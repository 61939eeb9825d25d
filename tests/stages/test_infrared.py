"""A class that only infrared shows, through every stage from images to ONNX."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from stages import (
    augment_data,
    evaluate_classifier,
    export_classifier,
    ingest_data,
    split_data,
    warmup_classifier,
)
from stages.params import Runtime, load
from transfer import atomic, checkpoint
from transfer.data import dataset
from transfer.data.duplicates.links import GROUP_SCHEMA, LINK_SCHEMA
from transfer.data.views import shards
from transfer.models import zoo

PARAMS = Path(__file__).parents[2] / "params.yaml"
RUNTIME = Runtime(seed=0, threads=1, device="cpu", precision="fp32")
SIZE = 32


def params(module, schema, **changes):
    """Read the project's own params and change some."""
    usual = load(module.__name__.rpartition(".")[2], schema, path=PARAMS).model_dump()
    return schema.model_validate(merged(usual, changes))


def merged(usual, changes):
    return {
        name: merged(value, changes[name]) if isinstance(changes.get(name), dict) else changes.get(name, value)
        for name, value in usual.items()
    }


def draw(folder):
    """Leaves, all alike in colour; living ones reflect infrared."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for label, reflected in (("dry", 30), ("living", 220)):
        (folder / label).mkdir(parents=True)
        for number in range(40):
            centre, radius = generator.uniform(10, 22, 2), generator.uniform(6, 10)
            leaf = ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2)[:, :, None]
            pixels = np.where(leaf, (70, 110, 50, reflected), (120, 100, 90, 30)) + generator.normal(
                0, 12, (SIZE, SIZE, 4)
            )
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / label / f"{number:02}.png")


def put_checked(found):
    """Write what find_duplicates and validate_data would: no links, nothing found."""
    Path("data/duplicates").mkdir(parents=True)
    groups = pd.DataFrame({"image_id": found.images["image_id"], "duplicate_group": found.images["image_id"]})
    dataset.write_table(Path("data/duplicates/links.parquet"), pd.DataFrame(columns=LINK_SCHEMA.names), LINK_SCHEMA)
    dataset.write_table(Path("data/duplicates/groups.parquet"), groups, GROUP_SCHEMA)
    atomic.write_json(Path("reports/validation/result.json"), {"success": True})


def put_backbone():
    torch.manual_seed(0)
    body = zoo.build("small_cnn", nn.Identity())
    # Statistics of its own, without which the answers of an untrained body vanish layer by layer.
    for norm in (module for module in body.modules() if isinstance(module, nn.BatchNorm2d)):
        norm.momentum = None
    body.train()(torch.randn(64, 3, SIZE, SIZE))
    facts = checkpoint.Facts(kind="backbone", architecture="small_cnn", mean=(0.4, 0.5, 0.6), std=(0.25,) * 3)
    checkpoint.save(Path("models/backbone"), facts, body.state_dict())


@pytest.fixture
def line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "leaves")
    put_backbone()
    return tmp_path


def run_data(channels):
    findings = {"alpha_image": "fix"}
    changes = {"source": "imagefolder", "path": "leaves", "channels": channels, "findings": findings}
    ingest_data.run(params(ingest_data, ingest_data.IngestDataParams, **changes))
    put_checked(dataset.read(Path("data/ingested")))
    shares = {"train": 0.4, "val": 0.2, "test": 0.4}
    split_data.run(params(split_data, split_data.SplitDataParams, shares=shares))
    style = {"image_size": SIZE, "num_views": 1, "policy": "flips"}
    augment_data.run(
        params(augment_data, augment_data.AugmentDataParams, classifier=style, detector=style, sheet_images=4), RUNTIME
    )


def run_model():
    """Warm up and measure; return the accuracy on the test split."""
    warmed = Path("models/warmed_classifier")
    changes = {"batch_size": 16, "learning_rate": 0.01}
    warmup_classifier.run(params(warmup_classifier, warmup_classifier.WarmupClassifierParams, **changes), RUNTIME)
    evaluate_classifier.run(
        params(evaluate_classifier, evaluate_classifier.EvaluateClassifierParams, worst_pictures=2),
        RUNTIME,
        model=warmed,
    )
    return json.loads(Path("reports/classifier/metrics.json").read_text())["accuracy"]


def test_three_channels_cannot_tell_the_classes_apart(line):
    run_data(channels=3)
    assert run_model() < 0.8


def test_four_channels_reach_the_graph_and_tell_the_classes_apart(line):
    run_data(channels=4)

    known = shards.read_facts(Path("data/augmented/classifier"))
    assert (known.channels, shards.read_facts(Path("data/augmented/detector")).channels) == (4, 3)
    assert shards.read_split(Path("data/augmented/classifier"), "train").pixels(np.arange(2)).shape == (
        2,
        SIZE,
        SIZE,
        4,
    )
    assert shards.read_split(Path("data/augmented/detector"), "train").pixels(np.arange(2)).shape == (2, SIZE, SIZE, 3)

    assert run_model() > 0.95
    facts = checkpoint.load_facts(Path("models/warmed_classifier"))
    assert (facts.channels, facts.mean) == (4, (0.4, 0.5, 0.6, 0.5))
    assert facts.lineage[-1]["channels_before"] == 3

    export_classifier.run(
        params(export_classifier, export_classifier.ExportClassifierParams),
        RUNTIME,
        model=Path("models/warmed_classifier"),
    )
    assert json.loads(Path("reports/parity/classifier.json").read_text())["num_disagreements"] == 0
    session = onnxruntime.InferenceSession("models/onnx/classifier.onnx", providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[3] == 4
    assert "RGB + 1 pixels" in session.get_modelmeta().custom_metadata_map["input"]
    picture = np.asarray(Image.open("leaves/living/00.png"))[None]
    (answer,) = session.run(None, {"images": picture})
    assert facts.categories[answer[0].argmax()] == "living"
