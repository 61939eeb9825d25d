"""Measure the search for duplicates on drawn sets whose overlaps are known: time, recall, false links.

    python benchmarks/duplicates.py --num-images 1000 10000 100000 --side 64

Four of ten images are crops of one surface in pairs, with overlaps of 15, 25, 50 and 80 % of the area; each has its own
brightness, light, noise and JPEG compression. Three of ten show surfaces of their own; the rest are stripes and grids
of few periods, all alike. The stage runs as in the line, with the values of params.yaml.
"""

import argparse
import hashlib
import json
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from stages.find_duplicates import FindDuplicatesParams, run
from stages.params import load
from transfer.data import dataset as datasets
from transfer.data.dataset import IMAGE_SCHEMA, Dataset

SHARES = (0.15, 0.25, 0.5, 0.8)
QUALITY = (60, 95)


class Drawn(NamedTuple):
    """One image as gray levels, the surface it shows, and the share of overlap planted in its pair (0 for none)."""

    levels: np.ndarray
    surface: int
    share: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-images", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--set", nargs="*", default=[], help="overlap.spot_side=11 proof.min_blocks=4 ...")
    arguments = parser.parse_args()
    params = changed(load("find_duplicates", FindDuplicatesParams), ["num_pictures=0", *arguments.set])
    shares = " | ".join(f"recall at {share:.0%}" for share in SHARES)
    print(f"| images | seconds | CPU seconds | CPU microseconds per n log2 n | {shares} | links | false links |")
    print("|" + " ---: |" * (6 + len(SHARES)))
    for num_images in arguments.num_images:
        print(measured(num_images, arguments.side, params), flush=True)


def changed(params: FindDuplicatesParams, assignments: list[str]) -> FindDuplicatesParams:
    """Replace values as in `overlap.spot_side=11`."""
    values = params.model_dump()
    for assignment in assignments:
        name, value = assignment.split("=")
        *sections, key = name.split(".")
        section = values
        for part in sections:
            section = section[part]
        section[key] = json.loads(value)
    return FindDuplicatesParams.model_validate(values)


def measured(num_images: int, side: int, params: FindDuplicatesParams) -> str:
    """Draw a set, search it and return a row of the table."""
    with tempfile.TemporaryDirectory() as name:
        surfaces, shares = write_set(Path(name), num_images, side)
        started, started_cpu = time.perf_counter(), time.process_time()
        run(params, ingested=Path(name) / "ingested", duplicates=Path(name) / "duplicates")
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
        links = pd.read_parquet(Path(name) / "duplicates" / "links.parquet")
    recalls, false = judged(links, surfaces, shares)
    per_unit = 1e6 * cpu_seconds / (num_images * math.log2(num_images))
    cells = [
        f"{num_images:,}",
        f"{seconds:.1f}",
        f"{cpu_seconds:.1f}",
        f"{per_unit:.0f}",
        *(f"{recalls[share]:.3f}" for share in SHARES),
    ]
    return "| " + " | ".join([*cells, f"{len(links):,}", f"{false:,}"]) + " |"


def write_set(folder: Path, num_images: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Write JPEG files and the canonical tables; return each image's surface and planted share."""
    (folder / "images").mkdir()
    (folder / "ingested").mkdir()
    rows, surfaces, shares = [], [], []
    for image_id, drawn in enumerate(draw_set(num_images, side)):
        file = f"{image_id:06d}.jpg"
        data = _jpeg(drawn.levels, seed=image_id)
        (folder / "images" / file).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        rows.append((image_id, file, digest, len(data), side, side, "L", "JPEG", 1, None, None, None))
        surfaces.append(drawn.surface)
        shares.append(drawn.share)
    images = pd.DataFrame(rows, columns=IMAGE_SCHEMA.names)
    boxes = pd.DataFrame(columns=datasets.BOX_SCHEMA.names)
    datasets.write(folder / "ingested", Dataset(folder / "images", images, boxes, (), (), "drawn"))
    return np.array(surfaces), np.array(shares)


def draw_set(num_images: int, side: int) -> Iterator[Drawn]:
    """Draw the images in an order that says nothing about their surfaces."""
    num_pairs = num_images // 5
    num_single = num_images * 3 // 10
    plan = [(pair, part) for pair in range(num_pairs) for part in (0, 1)]
    plan += [(number, 0) for number in range(num_pairs, num_pairs + num_single)]
    plan += [(-1, number) for number in range(num_images - len(plan))]
    for position in np.random.default_rng(0).permutation(len(plan)):
        surface, part = plan[position]
        if surface < 0:
            yield Drawn(periodic(part, side), -1 - part, 0.0)
        elif surface < num_pairs:
            share = SHARES[surface % len(SHARES)]
            yield Drawn(crops(surface, side, share)[part], surface, share)
        else:
            yield Drawn(draw_surface(surface, (side, side)), surface, 0.0)


def draw_surface(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """Draw gray levels, float32, of brushed and mottled metal; brush marks and grain are the surface's own."""
    rng = np.random.default_rng([1, seed])
    white = rng.standard_normal((3, *shape), dtype=np.float32)
    grain = cv2.GaussianBlur(white[0], (0, 0), float(rng.uniform(0.8, 1.6)))
    brush = cv2.GaussianBlur(white[1], (0, 0), sigmaX=0.8, sigmaY=float(rng.uniform(2, 8)))
    stains = cv2.GaussianBlur(white[2], (0, 0), float(rng.uniform(3, 8)))
    layers = [(grain, rng.uniform(6, 16)), (brush, rng.uniform(2, 10)), (stains, rng.uniform(5, 20))]
    return 128 + sum(float(strength) * layer / layer.std() for layer, strength in layers)


def crops(seed: int, side: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut two crops out of one surface that share at least `share` of their area, and hardly more."""
    rng = np.random.default_rng([2, seed])
    across = rng.uniform(share, 1)
    width = math.ceil(side * across)
    height = min(side, math.ceil(side * share * side / width))
    down, right = side - height, side - width
    surface = draw_surface(seed, (side + down, side + right))
    if rng.random() < 0.5:
        surface = surface[:, ::-1]
    return surface[:side, :side], surface[down:, right:]


def periodic(seed: int, side: int) -> np.ndarray:
    """Draw stripes or a grid of one of three periods, upright, at any phase."""
    rng = np.random.default_rng([3, seed])
    down, across = np.indices((side, side), dtype=np.float32)
    period = 2 * np.pi / float(rng.choice([6, 8, 12]))
    phases = rng.uniform(0, 2 * np.pi, 2)
    waves = np.sin(period * across + phases[0])
    if rng.random() < 0.5:
        waves = np.maximum(waves, np.sin(period * down + phases[1]))
    return (128 + 40 * waves).astype(np.float32)


def _jpeg(levels: np.ndarray, *, seed: int) -> bytes:
    """Light the picture, add the noise of a sensor, and compress it."""
    rng = np.random.default_rng([4, seed])
    slope = np.linspace(-1, 1, levels.shape[1], dtype=np.float32) * rng.uniform(-25, 25)
    lit = (levels - 128) * rng.uniform(0.7, 1.2) + 128 + rng.uniform(-25, 25) + slope
    noisy = lit + rng.normal(0, rng.uniform(0.5, 2.5), levels.shape)
    pixels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*QUALITY))])
    return bytes(data)


def judged(links: pd.DataFrame, surfaces: np.ndarray, shares: np.ndarray) -> tuple[dict[float, float], int]:
    """Return the share of planted pairs found, by share of overlap, and the number of links between surfaces."""
    first, second = (surfaces[links[column].to_numpy()] for column in ("image_a", "image_b"))
    found = set(first[first == second].tolist())
    hits: dict[float, list[bool]] = defaultdict(list)
    for surface, share in dict(zip(surfaces.tolist(), shares.tolist(), strict=True)).items():
        hits[share].append(surface in found)
    return {share: float(np.mean(hits[share])) for share in SHARES}, int((first != second).sum())


if __name__ == "__main__":
    main()
