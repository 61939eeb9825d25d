"""Train stages as programs: `python -m stages.<name>` in a folder with params.yaml and drawn shards."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch import nn

from transfer import checkpoint
from transfer.data.views import shards
from transfer.models import zoo
from transfer.training import resume

PROJECT = Path(__file__).parents[2]
PROJECT_PARAMS = yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
LABELS = ("dark", "light")
PARAMS = {
    "runtime": {"seed": 0, "threads": 1, "device": "cpu", "precision": "fp32"},
    "warmup_classifier": {
        "epochs": 3,
        "feature_batch_size": 8,
        "batch_size": 8,
        "learning_rate": 0.01,
        "weight_decay": 0.0,
        "head": {"hidden": [], "norm": False, "dropout": 0.0},
    },
    "finetune_classifier": {"strategy": "gradual"},
    "recipe": {
        **PROJECT_PARAMS["recipe"],
        "batch_size": 4,
        "optimizer": {**PROJECT_PARAMS["recipe"]["optimizer"], "weight_decay": 0.01},
        "patience": 9,
    },
    "strategies": {
        "gradual": {
            "start": "warmed",
            "architecture": None,
            "head": None,
            "phases": [
                {"train": 1, "epochs": 2, "rates": {"head": 0.001, "decay": 2.0}, "schedule": None},
                {"train": "all", "epochs": 2, "rates": {"head": 0.001, "decay": 2.0}, "schedule": "constant"},
            ],
            "probe": None,
        },
    },
}


DIE_BEFORE_TRAINING = """
import os, signal
from transfer.training import loop
loop.fit = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""
DIE_IN_TENTH_BATCH = """
import os, signal
from transfer.training.classification import ClassificationTask
loss, calls = ClassificationTask.loss, []
def dying(task, model, batch):
    calls.append(batch)
    if len(calls) == 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return loss(task, model, batch)
ClassificationTask.loss = dying
"""


def draw_shards(folder, *, size=32):
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for split, count in (("train", 16), ("val", 8), ("test", 8)):
        writer = shards.PictureWriter(folder, split, count=count, image_size=size)
        rows = []
        for index in range(count):
            writer.add(generator.integers(0, 128, (size, size, 3), dtype=np.uint8) + np.uint8(127 * (index % 2)))
            rows.append(dict.fromkeys(shards.ROW_SCHEMA.names, size) | {"row": index, "image_id": index, "view": 0})
            rows[-1] |= {"label": index % 2, "file": f"{index}.png"}
        shards.write_tables(folder, split, pd.DataFrame(rows), pd.DataFrame(columns=shards.SHARD_BOX_SCHEMA.names))
    shards.write_facts(folder, shards.ShardFacts(LABELS, size, 0, "drawn"))


@pytest.fixture
def line(tmp_path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    draw_shards(tmp_path / "data/augmented/classifier")
    torch.manual_seed(0)
    body = zoo.build("mobilenet_v3_small", nn.Identity())
    facts = checkpoint.Facts(kind="backbone", architecture="mobilenet_v3_small", mean=(0.5,) * 3, std=(0.25,) * 3)
    checkpoint.save(tmp_path / "models/backbone", facts, body.state_dict())
    return tmp_path


def start(stage, folder):
    return subprocess.Popen(
        [sys.executable, "-m", f"stages.{stage}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(stage, folder):
    process = start(stage, folder)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return errors


def die(stage, folder, patch):
    """Run a stage that kills itself where the patch says; a kill from outside may come too late. Return its code."""
    program = f"{patch}\nimport runpy\nrunpy.run_module('stages.{stage}', run_name='__main__')"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, check=False).returncode


def weights(folder):
    return (folder / "models/classifier" / checkpoint.WEIGHTS_FILE).read_bytes()


@pytest.mark.slow
def test_a_killed_stage_goes_on_and_ends_with_the_same_bytes(line):
    finish("warmup_classifier", line)
    finish("finetune_classifier", line)
    expected, curve = weights(line), (line / "reports/training/classifier.csv").read_bytes()

    # Four batches an epoch: the tenth is in the middle of epoch 3, the first of the second phase.
    assert die("finetune_classifier", line, DIE_IN_TENTH_BATCH) == -signal.SIGKILL
    (line / "models/classifier" / checkpoint.WEIGHTS_FILE).unlink()
    messages = finish("finetune_classifier", line)

    assert "going on after epoch" in messages
    assert weights(line) == expected
    assert (line / "reports/training/classifier.csv").read_bytes() == curve
    assert not list((line / resume.FOLDER).glob("*"))


@pytest.mark.slow
def test_a_warm_up_that_died_with_its_features_saved_ends_with_the_same_bytes(line):
    warmed = line / "models/warmed_classifier" / checkpoint.WEIGHTS_FILE
    finish("warmup_classifier", line)
    expected = warmed.read_bytes()
    warmed.unlink()

    assert die("warmup_classifier", line, DIE_BEFORE_TRAINING) == -signal.SIGKILL
    assert (line / resume.FOLDER / "warmup_classifier_features.pt").exists()
    assert "features" not in finish("warmup_classifier", line)

    assert warmed.read_bytes() == expected


@pytest.mark.slow
def test_two_runs_give_the_same_bytes_and_facts_say_how(line):
    finish("warmup_classifier", line)
    finish("finetune_classifier", line)
    first = weights(line)
    finish("finetune_classifier", line)
    facts = checkpoint.load_facts(line / "models/classifier")

    assert weights(line) == first
    assert (facts.kind, facts.categories, facts.image_size) == ("classifier", LABELS, 32)
    assert [entry["stage"] for entry in facts.lineage] == ["warmup_classifier", "finetune_classifier"]
    assert facts.lineage[-1]["threads"] == 1


@pytest.mark.slow
def test_the_body_of_a_warmed_classifier_is_the_backbone(line):
    finish("warmup_classifier", line)
    _, before = checkpoint.load(line / "models/backbone")
    _, after = checkpoint.load(line / "models/warmed_classifier")

    assert after.keys() - before.keys() == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_mistake_in_params_is_a_sentence_and_exit_code_1(line):
    (line / "params.yaml").write_text(yaml.safe_dump({**PARAMS, "finetune_classifier": {"epocs": 3}}))
    process = start("finetune_classifier", line)
    _, errors = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "finetune_classifier.epocs: unknown key; finetune_classifier has: strategy" in errors
    assert "finetune_classifier.strategy: missing" in errors
    assert "Traceback" not in errors


def test_an_unknown_strategy_is_answered_with_the_known_ones(line):
    (line / "params.yaml").write_text(yaml.safe_dump({**PARAMS, "finetune_classifier": {"strategy": "gradul"}}))
    process = start("finetune_classifier", line)
    _, errors = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "strategies: there is no 'gradul'; did you mean 'gradual'? There are: gradual" in errors
    assert "Traceback" not in errors
