"""What the stage says of pictures that no classifier can learn from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages import warmup_classifier
from stages.entry import main
from transfer.data.views import shards

PROJECT = Path(__file__).parents[2]


def put_shards(folder, names, **labels):
    folder.mkdir(parents=True)
    for split, codes in labels.items():
        writer = shards.PictureWriter(folder, split, count=len(codes), image_size=32)
        rows = []
        for row, code in enumerate(codes):
            writer.add(np.zeros((32, 32, 3), np.uint8))
            rows.append(dict.fromkeys(shards.ROW_SCHEMA.names, 0) | {"row": row, "label": code, "file": f"{row}.png"})
        table = pd.DataFrame(rows, columns=shards.ROW_SCHEMA.names)
        shards.write_tables(folder, split, table, pd.DataFrame(columns=shards.SHARD_BOX_SCHEMA.names))
    shards.write_facts(folder, shards.ShardFacts(names, 32, 0, "drawn"))


@pytest.mark.parametrize(
    ("names", "train", "val", "message"),
    [
        (("rust",), [0, 0], [0], "the images have only one class, rust; a classifier needs two classes or more"),
        (("good", "rust"), [0, 0], [1], "no train image of rust; a classifier learns a class from its images"),
        (("good", "rust"), [0, 1], [], "no labelled val image; training needs some to choose its best epoch by"),
    ],
)
def test_pictures_that_teach_nothing_are_a_sentence(tmp_path, monkeypatch, capsys, names, train, val, message):
    put_shards(tmp_path / "data/augmented/classifier", names, train=train, val=val)
    (tmp_path / "params.yaml").write_bytes((PROJECT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["warmup_classifier"])

    with pytest.raises(SystemExit):
        main(warmup_classifier.run)
    assert f"warmup_classifier: {message}" in capsys.readouterr().err
    assert not (tmp_path / "models/warmed_classifier").exists()
