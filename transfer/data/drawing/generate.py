"""Draw a labelled data set with boxes, so that the line runs without a download."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from receiver.progress import track
from transfer.data.dataset import BOX_SCHEMA, IMAGE_SCHEMA, Dataset
from transfer.data.drawing import leaves, steel, textures
from transfer.data.drawing.picture import Picture
from transfer.data.seeds import derive
from transfer.errors import ParamsError

# Below this a crack is thinner than a pixel.
SMALLEST_SIZE = 32


@dataclass(frozen=True)
class Preset:
    """The classes of a preset and how to draw one picture of a class: name, size in pixels, generator."""

    classes: tuple[str, ...]
    draw: Callable[[str, int, np.random.Generator], Picture]


PRESETS = {
    "steel": Preset(steel.CLASSES, steel.draw),
    "textures": Preset(textures.CLASSES, textures.draw),
    "leaves": Preset(leaves.CLASSES, leaves.draw),
}


def generate(folder: Path, *, preset: str, images_per_class: int, image_size: int, seed: int) -> Dataset:
    """Write `<class>_<number>.png` files into `folder` and return their tables.

    They are `image_size` pixels square, and gray or of four bands.

    A picture depends on seed, preset, class and number alone: asking for more pictures changes none of the others.

    Raises:
        ParamsError: the preset is unknown, or the pictures would be too small to show a defect.
    """
    chosen = _preset(preset, image_size)
    folder.mkdir(parents=True, exist_ok=True)
    names = [(name, number) for name in chosen.classes for number in range(1, images_per_class + 1)]
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for image_id, (name, number) in enumerate(track(names, f"Drawing {preset}")):
        picture = chosen.draw(name, image_size, np.random.default_rng(derive(seed, preset, name, number)))
        file = f"{name}_{number:04d}.png"
        content = _png(picture.pixels)
        (folder / file).write_bytes(content)
        images.append(_image_row(image_id, file, content, picture.pixels, name))
        boxes += [_box_row(len(boxes) + index, image_id, box) for index, box in enumerate(picture.boxes)]
    return Dataset(
        root=folder,
        images=pd.DataFrame(images, columns=IMAGE_SCHEMA.names),
        boxes=pd.DataFrame(boxes, columns=BOX_SCHEMA.names),
        labels=chosen.classes,
        categories=chosen.classes,
        fingerprint=_fingerprint(images),
    )


def _preset(name: str, image_size: int) -> Preset:
    if name not in PRESETS:
        msg = f"unknown preset {name!r} of generated pictures; there are: {', '.join(PRESETS)}"
        raise ParamsError(msg)
    if image_size < SMALLEST_SIZE:
        msg = f"generated pictures of {image_size} pixels are too small to show a defect; use {SMALLEST_SIZE} or more"
        raise ParamsError(msg)
    return PRESETS[name]


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def _image_row(image_id: int, file: str, content: bytes, pixels: np.ndarray, label: str) -> dict[str, Any]:
    return {
        "image_id": image_id,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "mode": "L" if pixels.ndim == 2 else "RGBA",
        "format": "PNG",
        "orientation": 1,
        "label": label,
        "split": None,
        "group": None,
    }


def _box_row(box_id: int, image_id: int, box: tuple[str, int, int, int, int]) -> dict[str, Any]:
    category, x_min, y_min, x_max, y_max = box
    corners = {"x_min": float(x_min), "y_min": float(y_min), "x_max": float(x_max), "y_max": float(y_max)}
    return {"box_id": box_id, "image_id": image_id, "category": category, **corners, "crowd": False}


def _fingerprint(images: list[dict[str, Any]]) -> str:
    lines = "".join(f"{row['sha256']}  {row['file']}\n" for row in images)
    return hashlib.sha256(lines.encode()).hexdigest()
