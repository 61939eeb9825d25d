"""Where a detector starts: on the body of a classifier or backbone, or on an earlier detector."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from transfer.checkpoint import RGB, Facts
from transfer.errors import WeightsError
from transfer.models import detector_settings, matching
from transfer.models.detector import Detector, build_detector, replace_box_predictor
from transfer.models.detector_settings import Settings
from transfer.models.pyramid import frozen_norm_body

# What belongs to a detector's weights and comes with them; all other settings are the new ones.
KEPT = (
    "layers",
    "pyramid_channels",
    "anchor_sizes",
    "aspect_ratios",
    "canonical_scale",
    "rpn_convolutions",
    "box_convolutions",
    "box_width",
)


@dataclass(frozen=True)
class Start:
    """A detector for new categories; `new_pyramid` tells whether its pyramid is untrained, not only its heads."""

    facts: Facts
    model: Detector
    new_pyramid: bool


def start(
    source: Facts,
    tensors: Mapping[str, torch.Tensor],
    settings: Settings,
    *,
    categories: tuple[str, ...],
    image_size: int,
) -> Start:
    """Build a detector on the checkpoint `source`; its lineage is that of the source.

    Raises:
        WeightsError: the checkpoint holds nothing that a detector can stand on.
    """
    changes = {"categories": categories, "image_size": image_size}
    if source.kind == "detector":
        return _on_detector(source, tensors, settings, changes)
    if source.kind == "none":
        msg = (
            "warmup_detector.body: the checkpoint is empty, because fetch_detector.source is 'none'; set that to "
            "'file' or 'torchvision:<name>', or set warmup_detector.body to models/classifier or models/backbone"
        )
        raise WeightsError(msg)
    if source.channels != RGB:
        msg = (
            f"warmup_detector.body: it reads {source.channels} channels, and a detector stands on a body that reads RGB"
        )
        raise WeightsError(msg)
    body = matching.backbone(tensors, source.architecture, origin=f"warmup_detector.body ({source.kind})")
    facts = source.model_copy(update={**changes, "kind": "detector", "build": settings.facts()})
    model = build_detector(facts)
    trained = frozen_norm_body(source.architecture, settings.layers, body)
    model.backbone.body.load_state_dict(trained.state_dict())
    return Start(facts, model, new_pyramid=True)


def _on_detector(
    source: Facts, tensors: Mapping[str, torch.Tensor], settings: Settings, changes: Mapping[str, object]
) -> Start:
    old = detector_settings.from_facts(source.build)
    merged = replace(settings, **{name: getattr(old, name) for name in KEPT})
    rebuilt = source.model_copy(update={"image_size": changes["image_size"], "build": merged.facts()})
    model = build_detector(rebuilt, tensors)
    facts = rebuilt.model_copy(update=dict(changes))
    replace_box_predictor(model, len(facts.categories))
    return Start(facts, model, new_pyramid=False)
