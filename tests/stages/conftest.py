"""What the stages behind training need, drawn: stored pictures of two classes, a warmed and a tuned classifier."""

import numpy as np
import pandas as pd
import pytest
import torch

from stages.params import Runtime
from transfer import checkpoint
from transfer.data import dataset
from transfer.data.views import shards
from transfer.models import zoo

LABELS = ("dark", "light")
SIZE = 32


@pytest.fixture
def runtime():
    return Runtime(seed=0, threads=1, device="cpu", precision="fp32")


@pytest.fixture
def drawn_line(tmp_path, monkeypatch):
    """The project's folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    _draw_shards(tmp_path / "data/augmented/classifier")
    _list_images(tmp_path / "data/ingested")
    for seed, name in enumerate(("warmed_classifier", "classifier")):
        torch.manual_seed(seed)
        network = zoo.build("mobilenet_v3_small", torch.nn.Linear(576, 2))
        facts = checkpoint.Facts(
            kind="classifier",
            architecture="mobilenet_v3_small",
            categories=LABELS,
            image_size=SIZE,
            mean=(0.5,) * 3,
            std=(0.25,) * 3,
        )
        checkpoint.save(tmp_path / "models" / name, facts, network.state_dict())
    return tmp_path


def _list_images(folder):
    folder.mkdir()
    table = {"image_id": range(16), "sha256": [f"{number:064d}" for number in range(16)], "file": "drawn.png"}
    images = pd.DataFrame(table, columns=dataset.IMAGE_SCHEMA.names)
    boxes = pd.DataFrame(columns=dataset.BOX_SCHEMA.names)
    dataset.write(folder, dataset.Dataset(folder, images, boxes, LABELS, (), "drawn"))


def _draw_shards(folder):
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for split, count in (("train", 16), ("val", 8), ("test", 12)):
        writer = shards.PictureWriter(folder, split, count=count, image_size=SIZE)
        rows = []
        for index in range(count):
            writer.add(generator.integers(0, 128, (SIZE, SIZE, 3), dtype=np.uint8) + np.uint8(127 * (index % 2)))
            rows.append(dict.fromkeys(shards.ROW_SCHEMA.names, SIZE) | {"row": index, "image_id": index, "view": 0})
            rows[-1] |= {"label": index % 2, "file": f"{index}.png"}
        shards.write_tables(folder, split, pd.DataFrame(rows), pd.DataFrame(columns=shards.SHARD_BOX_SCHEMA.names))
    shards.write_facts(folder, shards.ShardFacts(LABELS, SIZE, 0, "drawn"))
