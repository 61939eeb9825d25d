import json

import numpy as np
import pandas as pd
import pytest

from transfer.data.views import shards
from transfer.errors import DataError


def test_pictures_come_back_across_several_files(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "BYTES_PER_SHARD", 3 * 8 * 8 * 3)
    pictures = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
    writer = shards.PictureWriter(tmp_path, "train", count=7, image_size=8)
    for picture in pictures:
        writer.add(picture)
    rows = pd.DataFrame([dict.fromkeys(shards.ROW_SCHEMA.names, 0) | {"row": i, "file": f"{i}.png"} for i in range(7)])
    shards.write_tables(tmp_path, "train", rows, pd.DataFrame(columns=shards.SHARD_BOX_SCHEMA.names))
    split = shards.read_split(tmp_path, "train")

    assert len(split) == 7
    assert [len(shard) for shard in split.shards] == [3, 3, 1]
    assert (split.pixels(np.array([6, 0, 3])) == pictures[[6, 0, 3]]).all()


def test_four_channels_and_a_window_are_facts_and_what_is_usual_goes_without_saying(tmp_path):
    usual = shards.ShardFacts(("a", "b"), 8, 2, "digest")
    other = shards.ShardFacts(("a", "b"), 8, 2, "digest", channels=4, window=(0, 4095))
    for name, facts in (("usual", usual), ("other", other)):
        (tmp_path / name).mkdir()
        shards.write_facts(tmp_path / name, facts)
        assert shards.read_facts(tmp_path / name) == facts

    assert set(json.loads((tmp_path / "usual/meta.json").read_text())) == {"names", "image_size", "num_views", "digest"}
    assert (usual.remembered(), other.remembered()) == ({}, {"sixteen_bit_window": [0, 4095]})


def test_a_file_holds_fewer_pictures_of_more_channels(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "BYTES_PER_SHARD", 12 * 8 * 8)
    pictures = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 4), dtype=np.uint8)
    writer = shards.PictureWriter(tmp_path, "train", count=4, image_size=8, channels=4)
    for picture in pictures:
        writer.add(picture)
    stored = [np.load(path) for path in sorted(tmp_path.glob("train-*.npy"))]

    assert [len(one) for one in stored] == [3, 1]
    assert (np.concatenate(stored) == pictures).all()


def test_missing_shards_name_the_stage_to_run(tmp_path):
    with pytest.raises(DataError, match=r"meta\.json: not found; run the stage augment_data first"):
        shards.read_facts(tmp_path)
