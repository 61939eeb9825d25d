"""Classes that only infrared tells apart, through every stage from images to ONNX."""

import contextlib
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
MODELS = ("classifier", "detector")


def params(module, schema, **changes):
    """Read the project's own params and change some."""
    usual = load(module.__name__.rpartition(".")[2], schema, path=PARAMS).model_dump()
    return schema.model_validate(merged(usual, changes))


def merged(usual, changes):
    return {
        name: merged(value, changes[name]) if isinstance(changes.get(name), dict) else changes.get(name, value)
        for name, value in usual.items()
    }


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


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Run the line on three and on four channels; return the folder and the accuracy of each."""
    found = {}
    for channels in (3, 4):
        folder = tmp_path_factory.mktemp("line")
        with contextlib.chdir(folder):
            put_backbone()
            run_data(channels)
            found[channels] = (folder, run_model())
    return found


def run_data(channels):
    generated = {"preset": "leaves", "images_per_class": 40, "image_size": 48}
    ingest_data.run(params(ingest_data, ingest_data.IngestDataParams, channels=channels, generated=generated))
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
    changes = {"batch_size": 16, "learning_rate": 0.05, "epochs": 30}
    warmup_classifier.run(params(warmup_classifier, warmup_classifier.WarmupClassifierParams, **changes), RUNTIME)
    evaluate_classifier.run(
        params(evaluate_classifier, evaluate_classifier.EvaluateClassifierParams, worst_pictures=2),
        RUNTIME,
        model=warmed,
    )
    return json.loads(Path("reports/classifier/metrics.json").read_text())["accuracy"]


def test_three_channels_cannot_tell_the_classes_apart_and_four_can(lines):
    assert lines[3][1] < 0.7
    assert lines[4][1] > 0.9


def test_models_know_their_channels(lines):
    folder, _ = lines[4]
    stored = {
        name: shards.read_split(folder / "data/augmented" / name, "train").pixels(np.arange(2)) for name in MODELS
    }
    facts = checkpoint.load_facts(folder / "models/warmed_classifier")

    assert {"classifier": (2, SIZE, SIZE, 4), "detector": (2, SIZE, SIZE, 3)} == {k: v.shape for k, v in stored.items()}
    assert (facts.channels, facts.mean) == (4, (0.4, 0.5, 0.6, 0.5))
    assert facts.lineage[-1]["channels_before"] == 3


def test_the_graph_reads_four_channels(lines, monkeypatch):
    monkeypatch.chdir(lines[4][0])
    warmed = Path("models/warmed_classifier")
    export_classifier.run(params(export_classifier, export_classifier.ExportClassifierParams), RUNTIME, model=warmed)

    assert json.loads(Path("reports/parity/classifier.json").read_text())["num_disagreements"] == 0
    session = onnxruntime.InferenceSession("models/onnx/classifier.onnx", providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[3] == 4
    assert "RGB + 1 pixels" in session.get_modelmeta().custom_metadata_map["input"]
    picture = np.asarray(Image.open("data/ingested/images/living_0001.png"))[None]
    (answer,) = session.run(None, {"images": picture})
    assert checkpoint.load_facts(warmed).categories[answer[0].argmax()] == "living"
