"""A bundle with checkpoints that one can train on from."""

import json
from pathlib import Path

import torch
from torch import nn

from tests.receiver import tiny_bundle
from transfer import checkpoint
from transfer.models import zoo

ARCHITECTURE = "mobilenet_v3_small"


def make(folder: Path) -> Path:
    """Write it into a new folder."""
    folder = tiny_bundle.make(folder)
    described = json.loads((folder / "bundle.json").read_text())
    torch.manual_seed(0)
    for task, kind in (("classification", "classifier"), ("detection", "detector")):
        facts = checkpoint.Facts(
            kind=kind,
            architecture=ARCHITECTURE,
            categories=("a", "b"),
            mean=(0.1, 0.2, 0.3),
            std=(0.25,) * 3,
            lineage=({"stage": f"finetune_{kind}"},),
        )
        network = zoo.build(ARCHITECTURE, nn.Linear(576, 2))
        model = (folder / described["tasks"][task]["onnx"]).read_bytes()
        checkpoint.save(folder / kind, facts, network.state_dict())
        (folder / kind / "model.onnx").write_bytes(model)
        described["tasks"][task] |= {
            "weights": f"{kind}/model.safetensors",
            "facts": f"{kind}/facts.json",
        }
    tiny_bundle.write_json(folder / "bundle.json", described)
    return tiny_bundle.seal(folder)
