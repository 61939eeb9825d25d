import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from transfer.data import dataset
from transfer.data.dataset import Dataset
from transfer.data.drawing.generate import generate
from transfer.errors import ParamsError


def drawn(folder: Path, **changes: object) -> Dataset:
    arguments = {"preset": "steel", "images_per_class": 2, "image_size": 48, "seed": 0, **changes}
    return generate(folder, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(("preset", "count"), [("steel", 12), ("leaves", 4)])
def test_tables_describe_the_files(tmp_path: Path, preset: str, count: int) -> None:
    found = drawn(tmp_path, preset=preset)
    assert count == len(found.images) == len(list(tmp_path.iterdir()))
    assert found.images.file.is_monotonic_increasing
    assert list(range(count)) == found.images.image_id.tolist()
    assert found.labels == found.categories == tuple(sorted(found.labels))
    for row in found.images.itertuples():
        content = (tmp_path / row.file).read_bytes()
        with Image.open(tmp_path / row.file) as picture:
            assert (row.width, row.height, row.mode, row.format) == (*picture.size, picture.mode, picture.format)
        assert hashlib.sha256(content).hexdigest() == row.sha256
        assert len(content) == row.bytes
        assert row.file.startswith(f"{row.label}_")
    assert set(range(count)) == set(found.boxes.image_id)


def test_tables_fit_the_schema(tmp_path: Path) -> None:
    found = drawn(tmp_path / "images", preset="textures")
    dataset.write(tmp_path, found)
    again = dataset.read(tmp_path)
    assert found.images.file.tolist() == again.images.file.tolist()
    assert found.boxes.x_max.tolist() == again.boxes.x_max.tolist()


def test_same_seed_gives_same_bytes_and_another_seed_other_pictures(tmp_path: Path) -> None:
    first, again, other = (drawn(tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert first.fingerprint == again.fingerprint
    assert first.images.sha256.tolist() == again.images.sha256.tolist()
    assert not set(first.images.sha256) & set(other.images.sha256)


def test_asking_for_more_changes_no_picture(tmp_path: Path) -> None:
    few, more = drawn(tmp_path / "few"), drawn(tmp_path / "more", images_per_class=3)
    assert set(few.images.sha256) < set(more.images.sha256)


def test_unknown_preset_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"unknown preset 'wood'.*steel, textures, leaves"):
        drawn(tmp_path, preset="wood")


def test_too_small_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"16 pixels are too small.*32 or more"):
        drawn(tmp_path, image_size=16)


@pytest.mark.slow
def test_a_linear_model_on_pixels_stays_below_70_percent(tmp_path: Path) -> None:
    found = drawn(tmp_path, images_per_class=60, image_size=128)
    pixels = np.stack([_thumbnail(tmp_path / file) for file in found.images.file])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, tol=0.01, max_iter=300))
    accuracy = cross_val_score(model, pixels, found.images.label, cv=2)
    assert accuracy.mean() < 0.7


def _thumbnail(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.resize((32, 32), Image.Resampling.BILINEAR), dtype=np.float32).ravel()
