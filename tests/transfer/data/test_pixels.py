import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from transfer.data.dataset import BOX_SCHEMA, Dataset
from transfer.data.pixels import read_images
from transfer.errors import DataError


def pictures(folder: Path, count: int = 20) -> Dataset:
    folder.mkdir()
    rows = []
    for number in range(count):
        path = folder / f"{number:02}.png"
        Image.fromarray(np.full((4, 5, 3), number, np.uint8)).save(path)
        data = path.read_bytes()
        rows.append(
            {"image_id": number + 1, "file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        )
    return Dataset(folder, pd.DataFrame(rows), pd.DataFrame(columns=BOX_SCHEMA.names), (), (), "")


def test_images_come_in_the_order_asked_for(tmp_path: Path) -> None:
    dataset = pictures(tmp_path / "images")
    wanted = [7, 3, 3, 20, 1]
    found = list(read_images(dataset, wanted, num_threads=3))
    assert [image_id for image_id, _ in found] == wanted
    assert all((pixels == image_id - 1).all() and pixels.shape == (4, 5, 3) for image_id, pixels in found)


def test_a_zip_gives_the_same_pixels(tmp_path: Path) -> None:
    dataset = pictures(tmp_path / "images")
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for path in sorted((tmp_path / "images").iterdir()):
            archive.write(path, path.name)
    zipped = Dataset(tmp_path / "images.zip", dataset.images, dataset.boxes, (), (), "")
    both = zip(
        read_images(dataset, range(1, 21), num_threads=2), read_images(zipped, range(1, 21), num_threads=2), strict=True
    )
    assert all((one == other).all() for (_, one), (_, other) in both)


@pytest.mark.parametrize("content", [b"", b"something else", None])
def test_a_file_that_changed_since_ingest_is_named(tmp_path: Path, content: bytes | None) -> None:
    dataset = pictures(tmp_path / "images")
    changed = tmp_path / "images/04.png"
    data = changed.read_bytes()
    changed.write_bytes(data[:-1] + b"x" if content is None else content)
    with pytest.raises(DataError, match=r"04\.png: changed since it was ingested; run the stage ingest_data again"):
        list(read_images(dataset, [5], num_threads=1))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    dataset = pictures(tmp_path / "images")
    (tmp_path / "images/04.png").unlink()
    with pytest.raises(DataError, match=r"04\.png: cannot be read"):
        list(read_images(dataset, [5], num_threads=1))


def test_an_unknown_id_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no image has the id 99"):
        list(read_images(pictures(tmp_path / "images"), [1, 99], num_threads=1))


def test_an_image_above_the_limit_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"00\.png: 5 x 4 pixels; the limit is 19"):
        list(read_images(pictures(tmp_path / "images"), [1], num_threads=1, max_pixels=19))
