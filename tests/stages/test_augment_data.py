"""Store pictures of drawn images, as the stage does."""

import pandas as pd
import pytest
from PIL import Image

from stages.augment_data import AugmentDataParams, run
from stages.params import Runtime
from transfer.data import dataset
from transfer.data.drawing import generate
from transfer.data.splitting.splits import SPLIT_SCHEMA
from transfer.data.views import shards
from transfer.errors import DataError, ParamsError

CLAHE = {"share": 0.0, "clip_limit": 2.0, "grid": 8}
STYLE = {"image_size": 24, "num_views": 2, "policy": "surface", "clahe": CLAHE}
PARAMS = {"classifier": STYLE, "detector": {**STYLE, "image_size": 48, "num_views": 1}, "sheet_images": 3}


@pytest.fixture
def folder(tmp_path):
    """Four textures, three images each, one of each class per split."""
    images = tmp_path / "ingested/images"
    drawn = generate.generate(images, preset="textures", images_per_class=3, image_size=40, seed=0)
    dataset.write(tmp_path / "ingested", drawn)
    splits = pd.DataFrame({"image_id": drawn.images["image_id"], "split": ["train", "val", "test"] * 4})
    (tmp_path / "splits").mkdir()
    dataset.write_table(tmp_path / "splits/splits.parquet", splits, SPLIT_SCHEMA)
    return tmp_path


def augment(folder, *, threads, params=PARAMS):
    out = folder / f"{threads}"
    run(
        AugmentDataParams.model_validate(params),
        Runtime(seed=0, threads=threads, device="cpu", precision="fp32"),
        ingested=folder / "ingested",
        splits=folder / "splits",
        classifier=out / "classifier",
        detector=out / "detector",
        sheets=out / "sheets",
    )
    return out


def test_only_the_training_split_has_augmented_views(folder):
    out = augment(folder, threads=1)

    for name, size, views in (("classifier", 24, 2), ("detector", 48, 1)):
        assert {"train": 4 * (1 + views), "val": 4, "test": 4} == {
            split: len(shards.read_split(out / name, split)) for split in ("train", "val", "test")
        }
        pixels = shards.read_split(out / name, "train").pixels(shards.read_split(out / name, "train").rows["row"])
        assert (size, size, 3) == pixels.shape[1:]
        with Image.open(out / f"sheets/{name}.png") as sheet:
            assert sheet.width > size * (1 + views)


def test_any_number_of_workers_stores_the_same_bytes(folder):
    one, two = augment(folder, threads=1), augment(folder, threads=2)

    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(files) >= 2 * (3 * 3 + 1) + 2
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes(), file


def test_a_changed_image_is_noticed_and_nothing_is_left_behind(folder):
    file = min((folder / "ingested/images").glob("*.png"))
    with Image.open(file) as image:
        image.rotate(180).save(file)

    with pytest.raises(DataError, match="changed since it was ingested; run the stage ingest_data again"):
        augment(folder, threads=1)
    assert not (folder / "1/classifier").exists()


@pytest.mark.parametrize("model", ["classifier", "detector"])
def test_a_policy_that_a_model_cannot_have_is_a_sentence_and_nothing_is_written(folder, model):
    wrong = {"classifier": "sruface", "detector": "rand"}[model]
    messages = {
        "classifier": "unknown policy 'sruface'; did you mean 'surface'",
        "detector": "the policy 'rand' moves RGB pictures alone and cannot take the detector's boxes along",
    }

    with pytest.raises(ParamsError, match=messages[model]):
        augment(folder, threads=2, params=PARAMS | {model: STYLE | {"policy": wrong}})
    assert not (folder / "2/classifier").exists()
