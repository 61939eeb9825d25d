"""A backbone's pretrained weights from where people have them: torchvision, timm, a file, a checkpoint, a bundle."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from transfer import checkpoint
from transfer.errors import WeightsError
from transfer.models import adaptation, bundles, hub, matching, timm_models, weight_files, zoo

Triple = tuple[float, float, float]
PerChannel = tuple[float, ...]


@dataclass(frozen=True)
class Weights:
    """A backbone's tensors and what must be known to use them.

    `mean` and `std` are of pixel values scaled to 0..1, one per channel. `origin` names the source for the record,
    `lineage` is what was done before, when the source is a checkpoint that knows.
    """

    tensors: dict[str, torch.Tensor]
    mean: PerChannel
    std: PerChannel
    origin: dict[str, Any]
    lineage: tuple[dict[str, Any], ...] = ()


def from_torchvision(name: str, architecture: str) -> Weights:
    """Take torchvision's published weights, such as `ResNet18_Weights.IMAGENET1K_V1`, with their own mean and std.

    Raises:
        WeightsError: the name is unknown or belongs to another architecture, or the file cannot be had.
    """
    found = hub.find(name)
    fits = hub.model_name(found)
    if fits != architecture:
        msg = f"torchvision:{name} is for {fits!r}, but architecture is {architecture!r}; change one of the two"
        raise WeightsError(msg)
    path = hub.fetch(found)
    preset = found.transforms()
    return Weights(
        tensors=matching.backbone(weight_files.read(path).tensors, architecture, origin=f"torchvision:{name}"),
        mean=_triple(preset.mean),
        std=_triple(preset.std),
        origin={"sha256": _sha256(path)},
    )


def from_timm(name: str, architecture: str) -> Weights:
    """Take the weights that timm publishes as `name`, such as `resnet26d.bt_in1k`, with their own mean and std.

    Raises:
        WeightsError: the name is unknown or belongs to another architecture, or the file cannot be had.
    """
    fits = f"{zoo.TIMM}{timm_models.model_name(name)}"
    if fits != architecture:
        msg = f"timm:{name} is for {fits!r}, but architecture is {architecture!r}; change one of the two"
        raise WeightsError(msg)
    found = timm_models.pretrained(name)
    return Weights(
        tensors=matching.backbone(found.tensors, architecture, origin=f"timm:{name}"),
        mean=found.mean,
        std=found.std,
        origin=found.origin,
    )


def from_path(path: Path, architecture: str, *, mean: Triple, std: Triple) -> Weights:
    """Take weights from a file, with the `mean` and `std` given, or from a checkpoint folder, with its own.

    Raises:
        WeightsError: there is no file of weights, it is damaged or unsafe, or it does not fit the architecture.
    """
    if (path / checkpoint.FACTS_FILE).exists():
        return _from_checkpoint(path, architecture)
    given = weight_files.read(path)
    return Weights(
        tensors=matching.backbone(given.tensors, architecture, origin=str(path)),
        mean=mean,
        std=std,
        origin={"sha256": _sha256(path), "notes": list(given.notes)},
    )


def from_bundle(path: Path, architecture: str) -> Weights:
    """Take the body of the classifier in a bundle, a folder or a zip, with its mean and std and its lineage.

    Raises:
        WeightsError: the bundle is not as it was packed, has no classifier, or one of another architecture.
    """
    with bundles.opened(path, "classification") as held:
        found = _from_checkpoint(held.folder, architecture)
    return replace(found, origin={**found.origin, **held.origin})


def random(architecture: str, *, seed: int, mean: Triple, std: Triple) -> Weights:
    """Draw torch's initial weights.

    Raises:
        WeightsError: the architecture is unknown.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tensors = zoo.build(architecture, nn.Identity()).state_dict()
    return Weights(tensors, mean, std, origin={"seed": seed})


def _from_checkpoint(folder: Path, architecture: str) -> Weights:
    facts, tensors = checkpoint.load(folder)
    if facts.kind not in ("backbone", "classifier"):
        msg = (
            f"{folder}: holds a checkpoint of kind {facts.kind!r}; a backbone comes from a 'backbone' or a 'classifier'"
        )
        raise WeightsError(msg)
    if facts.architecture != architecture:
        msg = f"{folder}: holds a {facts.architecture!r}, but architecture is {architecture!r}; change one of the two"
        raise WeightsError(msg)
    # A backbone is for the published size; the size of a data set comes with the data.
    native = adaptation.resized(tensors, architecture, None)
    return Weights(
        tensors=matching.backbone(native, architecture, origin=str(folder), channels=facts.channels),
        mean=facts.mean,
        std=facts.std,
        origin={"sha256": _sha256(folder / checkpoint.WEIGHTS_FILE)},
        lineage=facts.lineage,
    )


def _triple(values: Any) -> Triple:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
