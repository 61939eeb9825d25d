import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.duplicates import crops, draw_surface, periodic
from stages.find_duplicates import FindDuplicatesParams, run
from stages.params import load
from transfer.data import dataset
from transfer.data.dataset import BOX_SCHEMA, IMAGE_SCHEMA, Dataset
from transfer.data.drawing import fields, textures
from transfer.errors import DataError, ParamsError

PARAMS: dict[str, Any] = {
    "tiers": ("bytes", "perceptual", "overlap"),
    "perceptual": {"radius": 6, "window": 16},
    "overlap": {
        "working_side": 320,
        "pixels_per_spot": 64,
        "spot_side": 17,
        "names_per_spot": 4,
        "name_bits": 24,
        "window": 8,
        "min_votes": 2,
        "max_candidates_per_image": 64,
    },
    "proof": {
        "min_overlap": 0.15,
        "min_sharpness": 7.0,
        "min_agreement": 0.45,
        "min_blocks": 6,
        "max_ambiguity": 0.6,
    },
    "num_pictures": 2,
    "num_threads": 2,
}


def encoded(levels: np.ndarray, extension: str = "png", **options: Any) -> bytes:
    stream = io.BytesIO()
    pixels = Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    pixels.save(stream, {"png": "PNG", "jpg": "JPEG"}[extension], **options)
    return stream.getvalue()


def photographed(levels: np.ndarray, seed: int) -> np.ndarray:
    """Change brightness and contrast, light from one side, and add noise."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(-1, 1, levels.shape[1]) * rng.uniform(-25, 25)
    return (levels - 128) * rng.uniform(0.7, 1.2) + 128 + rng.uniform(-25, 25) + slope + rng.normal(0, 2, levels.shape)


@pytest.fixture
def search(tmp_path: Path) -> Callable[..., pd.DataFrame]:
    """Write files as a data set, search it and return the links."""

    def find(files: dict[str, bytes], out: str = "duplicates", **changes: Any) -> pd.DataFrame:
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "ingested").mkdir(exist_ok=True)
        rows = []
        for image_id, (name, data) in enumerate(sorted(files.items())):
            (tmp_path / "images" / name).write_bytes(data)
            size = Image.open(io.BytesIO(data)).size
            digest = hashlib.sha256(data).hexdigest()
            rows.append((image_id, name, digest, len(data), *size, "L", "PNG", 1, None, None, None))
        images = pd.DataFrame(rows, columns=IMAGE_SCHEMA.names)
        boxes = pd.DataFrame(columns=BOX_SCHEMA.names)
        dataset.write(tmp_path / "ingested", Dataset(tmp_path / "images", images, boxes, (), (), "drawn"))
        params = FindDuplicatesParams.model_validate(PARAMS | changes)
        run(params, ingested=tmp_path / "ingested", duplicates=tmp_path / out)
        return pd.read_parquet(tmp_path / out / "links.parquet")

    return find


def pairs_of(links: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(links["image_a"].tolist(), links["image_b"].tolist(), strict=True))


@pytest.mark.parametrize("share", [0.15, 0.25, 0.5, 0.8])
def test_overlaps_are_found_in_spite_of_light_noise_and_compression(
    search: Callable[..., pd.DataFrame], share: float
) -> None:
    files = {}
    for pair in range(8):
        for part, levels in enumerate(crops(pair, 160, share)):
            levels = photographed(levels, 2 * pair + part)
            files[f"{pair}{part}.jpg"] = encoded(levels, "jpg", quality=75)
    links = search(files, num_pictures=0)
    assert [(2 * pair, 2 * pair + 1) for pair in range(8)] == pairs_of(links)
    assert {"overlap"} == set(links["tier"])
    assert links["overlap"].between(share, share + 0.03).all()


def test_shift_is_the_place_of_the_second_corner_on_the_first(search: Callable[..., pd.DataFrame]) -> None:
    surface = draw_surface(0, (200, 260))
    files = {"a.png": encoded(surface[40:180, 90:230]), "b.png": encoded(surface[:120, 70:220])}
    (link,) = search(files).to_dict("records")
    assert (-20.0, -40.0) == pytest.approx((link["shift_x"], link["shift_y"]), abs=0.1)
    assert 80 * 130 / (120 * 150) == pytest.approx(link["overlap"])


def test_large_pictures_are_compared_smaller_and_shifts_given_in_their_pixels(
    search: Callable[..., pd.DataFrame],
) -> None:
    surface = cv2.resize(draw_surface(0, (300, 300)), (900, 900), interpolation=cv2.INTER_CUBIC)
    files = {"a.png": encoded(surface[:600, :600]), "b.png": encoded(surface[100:700, 250:850])}
    overlap = PARAMS["overlap"] | {"working_side": 200}
    (link,) = search(files, overlap=overlap).to_dict("records")
    assert (250.0, 100.0) == pytest.approx((link["shift_x"], link["shift_y"]), abs=1.5)


@pytest.mark.parametrize("name", sorted(textures.TEXTURES))
def test_drawn_textures_are_not_linked(search: Callable[..., pd.DataFrame], name: str) -> None:
    pictures = [textures.draw(name, 96, np.random.default_rng(seed)).pixels for seed in range(24)]
    assert [] == pairs_of(search({f"{i:02d}.png": encoded(pixels) for i, pixels in enumerate(pictures)}))


def test_stripes_and_grids_of_one_period_are_not_linked(search: Callable[..., pd.DataFrame]) -> None:
    pictures = [photographed(periodic(seed, 96), seed) for seed in range(40)]
    assert [] == pairs_of(search({f"{i:02d}.jpg": encoded(levels, "jpg") for i, levels in enumerate(pictures)}))


def test_gradients_and_plain_pictures_are_not_linked(search: Callable[..., pd.DataFrame], tmp_path: Path) -> None:
    down, across = fields.positions((96, 96))
    slopes = [(0.3 * i - 1.5) * across + (1.0 - 0.2 * i) * down for i in range(10)]
    files = {f"{i}.jpg": encoded(128 + slope / 2, "jpg", quality=60) for i, slope in enumerate(slopes)}
    files |= {f"plain{level}.png": encoded(np.full((96, 96), level)) for level in (0, 128, 255)}
    assert [] == pairs_of(search(files))
    plain = json.loads((tmp_path / "duplicates/summary.json").read_text())["plain_images"]
    assert {"plain0.png", "plain128.png", "plain255.png"} <= set(plain)


def test_pictures_with_the_same_line_are_not_linked(search: Callable[..., pd.DataFrame]) -> None:
    pictures = [draw_surface(seed, (128, 128)) for seed in range(10)]
    for picture in pictures:
        picture[:, 60:66] += 90
    assert [] == pairs_of(search({f"{i}.png": encoded(levels) for i, levels in enumerate(pictures)}))


def test_equal_bytes_and_equal_looks_are_linked(search: Callable[..., pd.DataFrame]) -> None:
    levels = cv2.resize(draw_surface(0, (64, 64)), (192, 192), interpolation=cv2.INTER_CUBIC)
    smaller = cv2.resize(levels, (128, 128), interpolation=cv2.INTER_AREA)
    files = {"a.png": encoded(levels), "b.png": encoded(levels), "c.jpg": encoded(0.8 * smaller + 30, "jpg")}
    links = search(files | {"d.png": encoded(draw_surface(1, (192, 192)))})
    assert [(0, 1, "bytes"), (0, 2, "perceptual"), (1, 2, "perceptual")] == list(
        links[["image_a", "image_b", "tier"]].itertuples(index=False, name=None)
    )


def test_tiers_left_out_find_nothing(search: Callable[..., pd.DataFrame]) -> None:
    first, second = crops(0, 128, 0.5)
    files = {"a.png": encoded(first), "b.png": encoded(first), "c.png": encoded(second)}
    assert [(0, 1)] == pairs_of(search(files, "bytes", tiers=("bytes",)))
    assert [] == pairs_of(search(files, "none", tiers=()))
    assert [(0, 1), (0, 2), (1, 2)] == pairs_of(search(files, "overlap", tiers=("overlap",)))


def test_groups_summary_and_pictures_tell_the_same(search: Callable[..., pd.DataFrame], tmp_path: Path) -> None:
    files = {f"{pair}{part}.png": encoded(crops(pair, 128, 0.5)[part]) for pair in range(3) for part in (0, 1)}
    search(files | {"9.png": encoded(draw_surface(9, (128, 128)))})
    groups = pd.read_parquet(tmp_path / "duplicates/groups.parquet")
    assert [0, 0, 1, 1, 2, 2, 3] == groups["duplicate_group"].tolist()
    summary = json.loads((tmp_path / "duplicates/summary.json").read_text())
    counts = {name: summary[name] for name in ("num_images", "num_linked_images", "num_groups", "largest_group")}
    assert {"num_images": 7, "num_linked_images": 6, "num_groups": 3, "largest_group": 2} == counts
    assert {"bytes": 0, "perceptual": 0, "overlap": 3} == summary["num_links"]
    drawn = [str(path.relative_to(tmp_path / "duplicates")) for path in sorted(tmp_path.glob("duplicates/pairs/*.png"))]
    assert ["pairs/000.png", "pairs/001.png"] == drawn == [shown["picture"] for shown in summary["pictures"]]


def test_any_number_of_threads_writes_the_same_bytes(search: Callable[..., pd.DataFrame], tmp_path: Path) -> None:
    files = {f"{pair}{part}.png": encoded(crops(pair, 96, 0.5)[part]) for pair in range(6) for part in (0, 1)}
    for threads in (1, 3):
        search(files, f"with{threads}", num_threads=threads)
    one, three = (
        {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        for folder in (tmp_path / "with1", tmp_path / "with3")
    )
    assert len(one) == 5
    assert one == three


def test_tiny_pictures_are_searched_without_complaint(search: Callable[..., pd.DataFrame]) -> None:
    rng = np.random.default_rng(0)
    shapes = [(1, 1), (1, 300), (5, 7), (16, 16), (17, 17)]
    files = {f"{i}.png": encoded(rng.integers(0, 256, shape)) for i, shape in enumerate(shapes)}
    assert [] == pairs_of(search(files))


def test_missing_data_set_names_the_stage_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run the stage ingest_data first"):
        run(FindDuplicatesParams.model_validate(PARAMS), ingested=tmp_path, duplicates=tmp_path / "duplicates")


def test_even_spot_side_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"find_duplicates": PARAMS | {"overlap": PARAMS["overlap"] | {"spot_side": 16}}}))
    with pytest.raises(ParamsError, match=r"find_duplicates\.overlap\.spot_side: found 16.*should be odd"):
        load("find_duplicates", FindDuplicatesParams, path=path)
