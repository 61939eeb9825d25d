"""A pretrained detector from where people have one: torchvision, a file, an earlier run of this line, a bundle."""

import hashlib
from pathlib import Path

import torch

from transfer import checkpoint
from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import bundles, hub, torchvision_detector, weight_files

Pretrained = tuple[Facts, dict[str, torch.Tensor]]


def none() -> Pretrained:
    """Return a checkpoint of no model, for a line whose detector starts from a classifier or a backbone."""
    return Facts(kind="none", architecture="none", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)), {}


def from_torchvision(name: str) -> Pretrained:
    """Take weights that torchvision publishes, such as `FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1`.

    Raises:
        WeightsError: the name is unknown or no Faster R-CNN, or the file cannot be had.
    """
    found = hub.find(name)
    path = hub.fetch(found)
    facts, tensors = torchvision_detector.convert(
        weight_files.read(path).tensors,
        hub.model_name(found),
        categories=tuple(found.meta["categories"][1:]),
        origin=f"torchvision:{name}",
    )
    return _with_origin(facts, f"torchvision:{name}", path), tensors


def from_path(path: Path, *, model: str) -> Pretrained:
    """Take a checkpoint folder of this project, or a file with the weights of torchvision's `model`.

    Raises:
        WeightsError: there is neither, it is damaged or unsafe, or it is no detector.
    """
    if (path / checkpoint.FACTS_FILE).exists():
        return _from_checkpoint(path)
    given = weight_files.read(path).tensors
    facts, tensors = torchvision_detector.convert(given, model, categories=None, origin=str(path))
    return _with_origin(facts, "file", path), tensors


def from_bundle(path: Path) -> Pretrained:
    """Take the detector of a bundle, a folder or a zip, with its lineage.

    Raises:
        WeightsError: the bundle is not as it was packed, or has no detector.
    """
    with bundles.opened(path, "detection") as held:
        facts, tensors = checkpoint.load(held.folder)
        return _with_origin(facts, "bundle", held.folder / checkpoint.WEIGHTS_FILE, **held.origin), tensors


def _from_checkpoint(folder: Path) -> Pretrained:
    facts, tensors = checkpoint.load(folder)
    if facts.kind != "detector":
        msg = f"{folder}: holds a checkpoint of kind {facts.kind!r}; expected a 'detector', as models/detector is"
        raise WeightsError(msg)
    return _with_origin(facts, "file", folder / checkpoint.WEIGHTS_FILE), tensors


def _with_origin(facts: Facts, source: str, path: Path, **more: str) -> Facts:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return facts.extended({"stage": "fetch_detector", "source": source, "sha256": digest, **more})
