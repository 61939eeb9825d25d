"""Torchvision's pretrained Faster R-CNN models as checkpoints of this project."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torchvision import models

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import matching
from transfer.models.detector_settings import Settings
from transfer.models.folding import freeze_batch_norm, settle

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZES = (32, 64, 128, 256, 512)


@dataclass(frozen=True)
class Published:
    """How one of torchvision's models is built, as `Settings` has it; `prefix` goes before the names of its body."""

    architecture: str
    layers: tuple[str, ...]
    anchor_sizes: tuple[tuple[int, ...], ...]
    prefix: str = ""
    rpn_convolutions: int = 1
    box_convolutions: int = 0
    norm_eps: float = 1e-5


_RESNET = ("resnet50", ("layer1", "layer2", "layer3", "layer4"), tuple((size,) for size in SIZES))
_MOBILENET = ("mobilenet_v3_large", ("features.13", "features.16"), (SIZES,) * 3, "features.")

MODELS = {
    # Its published weights were trained with an eps of 0.
    "fasterrcnn_resnet50_fpn": Published(*_RESNET, norm_eps=0.0),
    "fasterrcnn_resnet50_fpn_v2": Published(*_RESNET, rpn_convolutions=2, box_convolutions=4),
    "fasterrcnn_mobilenet_v3_large_fpn": Published(*_MOBILENET),
    "fasterrcnn_mobilenet_v3_large_320_fpn": Published(*_MOBILENET),
}


def convert(
    tensors: Mapping[str, torch.Tensor], model_name: str, *, categories: tuple[str, ...] | None, origin: str
) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Turn a state dict of torchvision's model into facts and tensors of a detector checkpoint, without lineage.

    `categories` are without the background; None numbers them, for a file that does not say.

    Raises:
        WeightsError: the model is unknown, or the tensors are not its own.
    """
    published = _published(model_name)
    given = {_modern(name): tensor for name, tensor in tensors.items() if not name.endswith("num_batches_tracked")}
    num_classes = len(given.get("roi_heads.box_predictor.cls_score.bias", ()))
    model = models.get_model(model_name, weights=None, weights_backbone=None, num_classes=max(2, num_classes))
    expected = {name: t for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    fitting = matching.fitting(given, expected, what=f"torchvision's {model_name}", origin=origin)
    model.load_state_dict(fitting, strict=False)
    names = categories or tuple(f"class {number}" for number in range(1, num_classes))
    return _facts(published, names), _without_norms(model, published)


def _published(model_name: str) -> Published:
    if model_name not in MODELS:
        msg = f"torchvision's model {model_name!r} is none that this line can carry: {', '.join(MODELS)}"
        raise WeightsError(msg)
    return MODELS[model_name]


def _modern(name: str) -> str:
    """Rename as torchvision does for files from before its version 0.13."""
    name = re.sub(r"^rpn\.head\.conv\.(weight|bias)$", r"rpn.head.conv.0.0.\1", name)
    return re.sub(r"^(backbone\.fpn\.\w+_blocks\.\d+)\.(weight|bias)$", r"\1.0.\2", name)


def _without_norms(model: Any, published: Published) -> dict[str, torch.Tensor]:
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = published.norm_eps
    freeze_batch_norm(model)
    for part in (model.backbone.fpn, model.rpn, model.roi_heads):
        settle(part)
    body = "backbone.body."
    return {name.replace(body, body + published.prefix, 1): t for name, t in model.state_dict().items()}


def _facts(published: Published, categories: tuple[str, ...]) -> Facts:
    settings = Settings(
        layers=published.layers,
        pyramid_channels=256,
        anchor_sizes=published.anchor_sizes,
        aspect_ratios=(0.5, 1.0, 2.0),
        canonical_scale=224,
        rpn_convolutions=published.rpn_convolutions,
        box_convolutions=published.box_convolutions,
        box_width=1024,
        train_proposals=(2000, 2000),
        test_proposals=(1000, 1000),
        anchors_per_image=256,
        regions_per_image=512,
        score_threshold=0.05,
        nms_threshold=0.5,
        detections_per_image=100,
    )
    return Facts(
        kind="detector",
        architecture=published.architecture,
        categories=categories,
        image_size=800,
        mean=MEAN,
        std=STD,
        build=settings.facts(),
    )
