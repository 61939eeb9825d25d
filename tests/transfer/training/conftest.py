import numpy as np
import pandas as pd
import pytest
import torch

from transfer.data.views import shards

# For models this small a second thread is mostly waited for.
torch.set_num_threads(1)
SIZE = 64
CATEGORIES = ("bright", "dark")


def draw_detector_shards(folder, *, counts, views=1):
    """Draw gray noise with one bright or dark square per picture; returns nothing, like augment_data."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for split, count in counts.items():
        num_views = views if split == "train" else 1
        writer = shards.PictureWriter(folder, split, count=count * num_views, image_size=SIZE)
        rows, boxes = [], []
        for row in range(count * num_views):
            side, kind = int(generator.integers(20, 40)), int(generator.integers(2))
            left, top = generator.integers(0, SIZE - side, 2).tolist()
            picture = generator.integers(100, 140, (SIZE, SIZE, 3), dtype=np.uint8)
            picture[top : top + side, left : left + side] = 20 if kind else 235
            writer.add(picture)
            rows.append(dict.fromkeys(shards.ROW_SCHEMA.names, SIZE) | {"row": row, "label": -1, "file": f"{row}.png"})
            rows[-1] |= {"image_id": row // num_views, "view": row % num_views}
            corners = {"x_min": left, "y_min": top, "x_max": left + side, "y_max": top + side}
            boxes.append({"row": row, "category": kind, **corners, "crowd": False})
        table = pd.DataFrame(boxes, columns=shards.SHARD_BOX_SCHEMA.names)
        shards.write_tables(folder, split, pd.DataFrame(rows), table)
    shards.write_facts(folder, shards.ShardFacts(CATEGORIES, SIZE, views - 1, "drawn"))


@pytest.fixture
def detector_shards(tmp_path):
    draw_detector_shards(tmp_path / "shards", counts={"train": 6, "val": 4}, views=2)
    return tmp_path / "shards"
