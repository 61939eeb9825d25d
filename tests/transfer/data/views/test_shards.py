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


def test_missing_shards_name_the_stage_to_run(tmp_path):
    with pytest.raises(DataError, match=r"meta\.json: not found; run the stage augment_data first"):
        shards.read_facts(tmp_path)
