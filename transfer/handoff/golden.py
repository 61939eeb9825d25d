"""Golden inputs: images of the test split with the answers that they got when the bundle was packed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from receiver.standalone import predict
from transfer import atomic

FOLDER, EXPECTED = "golden/inputs", "golden/expected.json"
# Pixels of the longer side; larger ones lose every other row and column. The answers are those to what is stored.
LONGEST = 512
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
RGB = 3


def choose(kinds: Mapping[int, str], *, count: int) -> list[int]:
    """Choose images by their ids, of each kind in turn the one with the smallest id that is left."""
    by_kind: dict[str, list[int]] = {}
    for image_id in sorted(kinds):
        by_kind.setdefault(kinds[image_id], []).append(image_id)
    rounds = zip_longest(*(by_kind[kind] for kind in sorted(by_kind)))
    return [image_id for one in rounds for image_id in one if image_id is not None][:count]


def write_inputs(bundle: Path, images: Iterable[tuple[int, np.ndarray]]) -> list[dict[str, Any]]:
    """Write uint8 [height, width, channels] images, and a gray, a tall and a wide one made of the first; list them."""
    (bundle / FOLDER).mkdir(parents=True)
    entries: list[dict[str, Any]] = []
    for image_id, pixels in images:
        small = _small(pixels)
        for kind, shown in [("image", small), *(_variants(small) if not entries else ())]:
            name = f"{FOLDER}/{len(entries):02d}-{kind}"
            entries.append({"file": _save(bundle, name, shown), "image_id": image_id, "kind": kind})
    return entries


def write_expected(bundle: Path, entries: Sequence[dict[str, Any]], tolerances: Mapping[str, float]) -> None:
    """Ask every task of the bundle for its answers, by the predict.py that is in it, and write them down."""
    answered = [dict(entry) for entry in entries]
    expected: dict[str, Any] = {"tolerances": dict(tolerances)}
    for task in predict.tasks(bundle):
        model = predict.load(bundle, task)
        images = [predict.decode((bundle / entry["file"]).read_bytes(), model.spec) for entry in entries]
        if task == "detection":
            expected[f"{task}_threshold"] = model.threshold = _threshold(model, images)
        for entry, answer in zip(answered, model.predict(images), strict=True):
            entry[task] = answer
    expected["inputs"] = answered
    atomic.write_text(bundle / EXPECTED, json.dumps(expected, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _threshold(model: predict.Model, images: Sequence[np.ndarray]) -> float:
    """Return a score low enough that half of the images have boxes: an empty answer proves little."""
    best = [float(scores.max(initial=0.0)) for _, scores, _ in model.run(images)]
    return min(model.threshold, round(float(np.median(best)), 3))


def _small(pixels: np.ndarray) -> np.ndarray:
    while max(pixels.shape[:2]) > LONGEST:
        pixels = pixels[::2, ::2]
    return pixels


def _variants(pixels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    height, width, channels = pixels.shape
    if channels == RGB:
        yield "gray", pixels[:, :, 1:2]
    yield "tall", pixels[:, : max(1, min(height, width) // 2)]
    yield "wide", pixels[: max(1, min(height, width) // 2)]


def _save(bundle: Path, name: str, pixels: np.ndarray) -> str:
    """Write a PNG, or, as a PNG has at most four bands, a TIFF with one page per band; return its name."""
    bands = np.ascontiguousarray(pixels)
    if bands.shape[2] in MODES:
        Image.fromarray(bands[:, :, 0] if bands.shape[2] == 1 else bands).save(bundle / f"{name}.png")
        return f"{name}.png"
    first, *others = (Image.fromarray(np.ascontiguousarray(bands[:, :, band])) for band in range(bands.shape[2]))
    first.save(bundle / f"{name}.tif", save_all=True, append_images=others)
    return f"{name}.tif"
