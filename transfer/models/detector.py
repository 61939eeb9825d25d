"""Faster R-CNN over any architecture of the zoo."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

from transfer.checkpoint import Facts
from transfer.errors import WeightsError
from transfer.models import detector_settings
from transfer.models.box_heads import ProposalHead, build_box_head, build_box_predictor
from transfer.models.canvas import Canvas
from transfer.models.detector_settings import Settings
from transfer.models.pyramid import PyramidBackbone, frozen_norm_body
from transfer.models.roi_pooling import RegionPool

Targets = list[dict[str, torch.Tensor]]


class Detector(FasterRCNN):
    """torchvision's Faster R-CNN on a square canvas, cut behind the body, whose maps can be kept while it is frozen."""

    transform: Canvas

    def forward(self, images: Sequence[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """Find objects in images, each uint8 or float 0..1 [3, h, w] of any size.

        Returns per image: boxes [n, 4] in pixels of that image, scores [n], labels [n] from 1 (0 is the background).
        """
        found = self.detect(self.backbone.body(torch.cat([self.transform(image) for image in images])))
        for one, image in zip(found, images, strict=True):
            one["boxes"] = self.transform.back(one["boxes"], image)
        return found

    def detect(self, body_maps: dict[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """Find objects from what the body answered; boxes are in pixels of the canvas, best first."""
        maps = self.backbone.fpn(body_maps)
        frames = self._frames(body_maps)
        proposals, _ = self.rpn(frames, maps)
        found: list[dict[str, torch.Tensor]] = self.roi_heads(maps, proposals, frames.image_sizes)[0]
        return found

    def loss(self, body_maps: dict[str, torch.Tensor], targets: Targets) -> torch.Tensor:
        """Sum the four losses of Faster R-CNN; targets are in pixels of the canvas, labels from 1."""
        maps = self.backbone.fpn(body_maps)
        frames = self._frames(body_maps)
        proposals, proposal_losses = self.rpn(frames, maps, targets)
        _, region_losses = self.roi_heads(maps, proposals, frames.image_sizes, targets)
        return torch.stack([*proposal_losses.values(), *region_losses.values()]).sum()

    def _frames(self, body_maps: dict[str, torch.Tensor]) -> ImageList:
        """Say that every image fills its canvas, which keeps an exported graph static; `Canvas.back` cuts at the image.

        Of the pixels torchvision asks for the shape alone: one value stands for all.
        """
        first, side = body_maps["0"], self.transform.side
        return ImageList(first.new_zeros(()).expand(len(first), 3, side, side), [(side, side)] * len(first))


def build_detector(facts: Facts, tensors: Mapping[str, torch.Tensor] | None = None) -> Detector:
    """Build the model that the facts describe, with the tensors of a checkpoint or with random weights.

    Raises:
        WeightsError: the tensors are not those of this model.
    """
    if facts.image_size is None:
        msg = "facts.json: image_size is missing; a detector has one"
        raise WeightsError(msg)
    settings = detector_settings.from_facts(facts.build)
    backbone = PyramidBackbone(frozen_norm_body(facts.architecture, settings.layers), settings.pyramid_channels)
    model = _assemble(backbone, settings, num_categories=len(facts.categories))
    model.transform = Canvas(facts.image_size, mean=facts.mean, std=facts.std)
    if tensors is not None:
        _fill(model, tensors)
    model.to(memory_format=torch.channels_last)
    model.eval()
    return model


def replace_box_predictor(model: Detector, num_categories: int) -> None:
    """Give the model a fresh box predictor for other categories."""
    heads = model.roi_heads
    heads.box_predictor = build_box_predictor(heads.box_predictor.cls_score.in_features, num_categories)


def layer_groups(model: Detector, groups: Sequence[Sequence[str]]) -> list[list[nn.Module]]:
    """Return the modules from shallow to deep: the body's groups (by name), the pyramid, the heads."""
    body = dict(model.backbone.body.named_modules())
    of_body = [[body[name] for name in group if name in body] for group in groups]
    return [*of_body, [model.backbone.fpn], [model.rpn, model.roi_heads]]


def _assemble(backbone: PyramidBackbone, settings: Settings, *, num_categories: int) -> Detector:
    anchors = AnchorGenerator(
        tuple(tuple(sizes) for sizes in settings.anchor_sizes),
        (tuple(settings.aspect_ratios),) * len(settings.anchor_sizes),
    )
    return Detector(
        backbone,
        rpn_anchor_generator=anchors,
        rpn_head=ProposalHead(backbone.out_channels, anchors.num_anchors_per_location()[0], settings.rpn_convolutions),
        rpn_pre_nms_top_n_train=settings.train_proposals[0],
        rpn_post_nms_top_n_train=settings.train_proposals[1],
        rpn_pre_nms_top_n_test=settings.test_proposals[0],
        rpn_post_nms_top_n_test=settings.test_proposals[1],
        rpn_batch_size_per_image=settings.anchors_per_image,
        box_roi_pool=RegionPool(backbone.strides, canonical_scale=settings.canonical_scale),
        box_head=build_box_head(
            backbone.out_channels, convolutions=settings.box_convolutions, width=settings.box_width
        ),
        box_predictor=build_box_predictor(settings.box_width, num_categories),
        box_batch_size_per_image=settings.regions_per_image,
        box_score_thresh=settings.score_threshold,
        box_nms_thresh=settings.nms_threshold,
        box_detections_per_img=settings.detections_per_image,
    )


def _fill(model: Detector, tensors: Mapping[str, torch.Tensor]) -> None:
    try:
        model.load_state_dict(dict(tensors))
    except RuntimeError as error:
        msg = f"the weights do not fit the detector that facts.json describes: {error}"
        raise WeightsError(msg) from error
