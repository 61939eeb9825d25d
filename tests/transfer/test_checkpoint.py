import json

import pytest
import torch

from transfer import checkpoint
from transfer.errors import WeightsError

FACTS = checkpoint.Facts(kind="backbone", architecture="resnet18", mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))


def test_facts_and_tensors_come_back(tmp_path):
    tensors = {"a": torch.randn(3, 4), "b": torch.tensor(5)}
    checkpoint.save(tmp_path / "model", FACTS, tensors)
    facts, found = checkpoint.load(tmp_path / "model")

    assert facts == FACTS
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        checkpoint.save(tmp_path / name, FACTS, {"a": torch.arange(10.0)})

    for file in (checkpoint.WEIGHTS_FILE, checkpoint.FACTS_FILE):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_lineage_grows_by_one_entry():
    grown = FACTS.extended({"stage": "warmup"}, kind="classifier").extended({"stage": "finetune"})

    assert grown.kind == "classifier"
    assert [entry["stage"] for entry in grown.lineage] == ["warmup", "finetune"]


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"nowhere.facts\.json: not found; expected a checkpoint folder"):
        checkpoint.load(tmp_path / "nowhere")


def test_truncated_weights_are_refused(tmp_path):
    checkpoint.save(tmp_path, FACTS, {"a": torch.arange(1000.0)})
    path = tmp_path / checkpoint.WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:200])

    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        checkpoint.load(tmp_path)


def test_unknown_facts_are_refused(tmp_path):
    checkpoint.save(tmp_path, FACTS, {})
    path = tmp_path / checkpoint.FACTS_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "surprise": 1}))

    with pytest.raises(WeightsError, match="surprise"):
        checkpoint.load_facts(tmp_path)
