import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from stages import advise
from stages.advise import AdviseParams
from stages.params import Runtime
from transfer import checkpoint
from transfer.data import dataset
from transfer.data.duplicates.links import GROUP_SCHEMA, LINK_SCHEMA
from transfer.data.views import shards
from transfer.errors import DataError, WeightsError
from transfer.models import zoo

TABLE = Path(__file__).parents[2] / "selection/decision_table.csv"
PARAMS = AdviseParams(folds=3, c=0.1, max_images=100, batch_size=8)
RUNTIME = Runtime(seed=0, threads=1, device="cpu", precision="bf16")
SIZE = 32


def draw(folder, *, per_class):
    """Draw dark and light noise, one plain and one augmented picture of each, as three stages leave it behind."""
    labels = [label for label, count in enumerate(per_class) for _ in range(count)]
    names = tuple(f"class_{label}" for label in range(len(per_class)))
    images = pd.DataFrame(
        dict.fromkeys(dataset.IMAGE_SCHEMA.names, None)
        | {"image_id": range(len(labels)), "file": [f"{i:03d}.png" for i in range(len(labels))]}
    )
    (folder / "data/ingested").mkdir(parents=True)
    empty = pd.DataFrame(columns=dataset.BOX_SCHEMA.names)
    dataset.write(folder / "data/ingested", dataset.Dataset(Path("raw"), images, empty, names, (), "drawn"))
    (folder / "data/duplicates").mkdir()
    for name, schema in (("links", LINK_SCHEMA), ("groups", GROUP_SCHEMA)):
        dataset.write_table(folder / f"data/duplicates/{name}.parquet", schema.empty_table().to_pandas(), schema)
    draw_shards(folder / "data/augmented/classifier", labels, names)


def draw_shards(folder, labels, names):
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    writer = shards.PictureWriter(folder, "train", count=2 * len(labels), image_size=SIZE)
    rows = []
    for row in range(2 * len(labels)):
        label = labels[row // 2]
        writer.add(generator.integers(0, 128, (SIZE, SIZE, 3), dtype=np.uint8) + np.uint8(100 * label))
        rows.append(dict.fromkeys(shards.ROW_SCHEMA.names, SIZE) | {"row": row, "image_id": row // 2, "view": row % 2})
        rows[-1] |= {"label": label, "file": f"{row}.png"}
    shards.write_tables(folder, "train", pd.DataFrame(rows), pd.DataFrame(columns=shards.SHARD_BOX_SCHEMA.names))
    shards.write_facts(folder, shards.ShardFacts(names, SIZE, 1, "drawn"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_backbone("formula")
    return tmp_path


def save_backbone(source):
    torch.manual_seed(0)
    body = zoo.build("mobilenet_v3_small", nn.Identity())
    facts = checkpoint.Facts(
        kind="backbone",
        architecture="mobilenet_v3_small",
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        lineage=({"stage": "fetch_backbone", "source": source},),
    )
    checkpoint.save(Path("models/backbone"), facts, body.state_dict())


def test_advice_is_written_twice_with_the_same_bytes_and_said(project, capsys):
    draw(project, per_class=[9, 9])
    advise.run(PARAMS, RUNTIME, table=TABLE)
    first = {path.name: path.read_bytes() for path in Path("reports/advice").iterdir()}
    advise.run(PARAMS, RUNTIME, table=TABLE)

    assert first == {path.name: path.read_bytes() for path in Path("reports/advice").iterdir()}
    assert sorted(first) == ["advice.json", "advice.md", "map.png"]
    found = json.loads(first["advice.json"])
    assert (found["measured"]["num_images"], found["measured"]["images_per_class"]) == (18, 9)
    assert 0 <= found["measured"]["distance"] <= 1
    assert found["measured"]["feature_distance"] > 0
    assert f"Rule {found['rule']} holds: 9 training images per class" in capsys.readouterr().err


def test_fewer_images_than_folds_are_answered_in_a_sentence(project):
    draw(project, per_class=[9, 2])
    with pytest.raises(DataError, match=r"'class_1' has 2 training images, fewer than advise.folds = 3"):
        advise.run(PARAMS, RUNTIME, table=TABLE)
    assert not Path("reports/advice").exists()


def test_one_class_is_answered_in_a_sentence(project):
    draw(project, per_class=[9])
    with pytest.raises(DataError, match="images of one class, 'class_0'"):
        advise.run(PARAMS, RUNTIME, table=TABLE)


def test_random_weights_have_nothing_to_transfer(project):
    draw(project, per_class=[9, 9])
    save_backbone("none")
    with pytest.raises(WeightsError, match="nothing to transfer"):
        advise.run(PARAMS, RUNTIME, table=TABLE)
