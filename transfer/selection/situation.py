"""Measure a data set against a backbone: sizes, linear probes, distance of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transfer.checkpoint import Facts
from transfer.data.views import shards
from transfer.data.views.shards import Split
from transfer.errors import WeightsError
from transfer.models import classifier
from transfer.runtime import Machine
from transfer.selection import domain_distance
from transfer.selection.domain_distance import Probe, Probing
from transfer.training import features

Tensors = Mapping[str, torch.Tensor]

# Published weights are trained at 224 pixels, but for these.
PUBLISHED_SIZES = {"efficientnet_b4": 380, "efficientnet_b7": 600}


@dataclass(frozen=True)
class Measured:
    """The data set and how far it is from the backbone's source.

    `images_per_class` is the median over the classes of the training split. Sizes are pixels of a square's side,
    `original_size` the median of the shorter side. `accuracy` and `random_accuracy` are mean recalls of the linear
    probe on the backbone and on random weights of its architecture, with their standard errors over the folds.
    `feature_distance` is None for a backbone without BatchNorm.
    """

    num_images: int
    num_classes: int
    images_per_class: float
    smallest_class: int
    image_size: int
    original_size: int
    architecture: str
    trained_size: int | None
    accuracy: float
    standard_error: float
    random_accuracy: float
    random_standard_error: float
    similarity: float
    feature_distance: float | None

    @property
    def distance(self) -> float:
        """The part of the way from chance to perfection that the frozen features do not go."""
        return 1 - self.similarity

    @property
    def transfers(self) -> bool:
        """Whether pretrained features beat random ones by more than two standard errors."""
        noise = hypot(self.standard_error, self.random_standard_error)
        return self.accuracy - self.random_accuracy > 2 * noise

    @property
    def distance_error(self) -> float:
        """The standard error of the distance."""
        return self.standard_error / (1 - 1 / self.num_classes)


def require_pretraining(lineage: Sequence[dict[str, Any]]) -> None:
    """See that the backbone was trained on something.

    Raises:
        WeightsError: its weights are random, and nobody has trained them since.
    """
    if [entry.get("source") for entry in lineage] == ["none"]:
        msg = (
            "models/backbone: the weights are random (fetch_backbone.source is none), so there is nothing to transfer "
            "and nothing to choose; the strategy is scratch. Set fetch_backbone.source to formula, file or "
            "torchvision:<name>"
        )
        raise WeightsError(msg)


def trained_size(architecture: str, lineage: Sequence[dict[str, Any]]) -> int | None:
    """Return the pixels that published weights were trained at; None for weights that were made here."""
    if not lineage or lineage[0].get("source") == "formula":
        return None
    return PUBLISHED_SIZES.get(architecture, 224)


def measure(
    backbone: tuple[Facts, Tensors],
    data: Path,
    groups: Mapping[int, int],
    machine: Machine,
    *,
    probing: Probing,
    max_images: int,
    batch_size: int,
) -> Measured:
    """Measure the training split of shards; `groups` names the group of linked images of each image_id.

    Raises:
        DataError: there is one class, or a class has fewer images than folds.
        WeightsError: the backbone's weights are random.
    """
    facts, tensors = backbone
    require_pretraining(facts.lineage)
    known, split = shards.read_facts(data), shards.read_split(data, "train")
    facts = facts.model_copy(update={"categories": known.names, "image_size": known.image_size})
    counts = _images_per_class(split)
    pictures = domain_distance.plain_pictures(split, most=max_images, seed=probing.seed)
    members = pictures.rows["image_id"].map(groups).to_numpy()
    domain_distance.check_folds(pictures.rows["label"].to_numpy(), members, known.names, folds=probing.folds)

    def probed(weights_of: Tensors) -> Probe:
        body = classifier.build_backbone(facts, weights_of).to(machine.device)
        found, labels = features.extract(body, pictures, facts, machine, batch_size=batch_size)
        return domain_distance.probe(found.numpy(), labels.numpy(), members, probing)

    pretrained, blank = probed(tensors), probed(_random(facts, seed=probing.seed))
    body = classifier.build_backbone(facts, tensors).to(machine.device)
    moments = domain_distance.activation_moments(body, pictures, facts, machine, batch_size=batch_size)
    return Measured(
        num_images=int(counts.sum()),
        num_classes=len(counts),
        images_per_class=float(np.median(counts)),
        smallest_class=int(counts.min()),
        image_size=known.image_size,
        original_size=int(split.rows[["original_height", "original_width"]].min(axis=1).median()),
        architecture=facts.architecture,
        trained_size=trained_size(facts.architecture, facts.lineage),
        accuracy=pretrained.accuracy,
        standard_error=pretrained.standard_error,
        random_accuracy=blank.accuracy,
        random_standard_error=blank.standard_error,
        similarity=domain_distance.transferred(pretrained.accuracy, chance=1 / len(counts)),
        feature_distance=domain_distance.mean_distance(domain_distance.feature_distances(body, moments)),
    )


def _random(facts: Facts, *, seed: int) -> Tensors:
    """Draw torch's initial weights for the same body."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return classifier.untrained(facts).state_dict()


def _images_per_class(split: Split) -> np.ndarray:
    """Count the images of each class that occurs."""
    plain = split.rows[(split.rows["view"] == 0) & (split.rows["label"] >= 0)]
    return plain["label"].value_counts().to_numpy()
