"""Time a detector's training step against torchvision's own Faster R-CNN of the same sizes, turn by turn.

    python -m benchmarks.detector_step [--image-size 128] [--batch-size 16] [--rounds 5] [--threads 1]

CPU seconds of the process are compared, not time on the wall, so that a busy machine changes little. Both models are a
ResNet-18 with the sizes of params.yaml, in the precision that the machine allows, on the same random pictures.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn
from torchvision.models import resnet18
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign

from stages.params import load
from stages.warmup_detector import WarmupDetectorParams
from transfer import runtime
from transfer.checkpoint import Facts
from transfer.models import zoo
from transfer.models.detector import Targets, build_detector
from transfer.models.detector_settings import Settings
from transfer.runtime import Machine
from transfer.training import optimizers

NUM_CATEGORIES = 6
Loss = Callable[[], torch.Tensor]


def main() -> None:
    """Print CPU milliseconds per image and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("image-size", 128), ("batch-size", 16), ("rounds", 5), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    machine = runtime.prepare(seed=0, threads=arguments.threads, device="cpu", precision="auto")
    canvases, targets = drawn(arguments.batch_size, arguments.image_size)
    contestants = {
        "torchvision": step(*torchvisions(canvases, targets, machine)),
        "this line": step(*this_lines(canvases, targets, machine, frozen=False)),
        "this line, body frozen and its maps kept": step(*this_lines(canvases, targets, machine, frozen=True)),
    }
    times = raced(contestants, rounds=arguments.rounds)
    for name, seconds in times.items():
        per_image, ratio = 1000 * seconds / arguments.batch_size, times["torchvision"] / seconds
        print(f"{name}: {per_image:.1f} CPU ms per image, {ratio:.1f} times as fast")


def raced(contestants: dict[str, Callable[[], None]], *, rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of a step, all taking turns; the first round warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(1 + rounds):
        for name, one in contestants.items():
            started = time.process_time()
            one()
            seconds[name].append(time.process_time() - started)
    return {name: statistics.median(values[1:]) for name, values in seconds.items()}


def step(model: nn.Module, loss: Loss) -> Callable[[], None]:
    """Return what takes one training step."""
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = optimizers.build(optimizers.OptimizerSettings(weight_decay=0.05), [trained], [1e-4])

    def take() -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return take


def this_lines(canvases: torch.Tensor, targets: Targets, machine: Machine, *, frozen: bool) -> tuple[nn.Module, Loss]:
    """Build the line's detector and its loss."""
    side = canvases.shape[-1]
    facts = Facts(
        kind="detector",
        architecture="resnet18",
        categories=tuple("abcdef"),
        image_size=side,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        build=settings().facts(),
    )
    model = build_detector(facts).train()
    model.backbone.body.requires_grad_(not frozen)
    with machine.autocast(), torch.no_grad():
        kept = model.backbone.body(canvases)

    def loss() -> torch.Tensor:
        with machine.autocast():
            return model.loss(kept if frozen else model.backbone.body(canvases), targets)

    return model, loss


def torchvisions(canvases: torch.Tensor, targets: Targets, machine: Machine) -> tuple[nn.Module, Loss]:
    """Build torchvision's detector as its tutorials do, and its loss behind the resizing."""
    chosen = settings()
    body = resnet18(norm_layer=FrozenBatchNorm2d)
    channels = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}
    layers = {layer: str(level) for level, layer in enumerate(chosen.layers)}
    backbone = BackboneWithFPN(body, layers, [channels[layer] for layer in layers], chosen.pyramid_channels)
    model = FasterRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator(
            tuple(map(tuple, chosen.anchor_sizes)), (tuple(chosen.aspect_ratios),) * len(chosen.anchor_sizes)
        ),
        rpn_pre_nms_top_n_train=chosen.train_proposals[0],
        rpn_post_nms_top_n_train=chosen.train_proposals[1],
        rpn_batch_size_per_image=chosen.anchors_per_image,
        box_roi_pool=MultiScaleRoIAlign(list(layers.values()), 7, 2, canonical_scale=chosen.canonical_scale),
        box_head=TwoMLPHead(chosen.pyramid_channels * 49, chosen.box_width),
        box_predictor=FastRCNNPredictor(chosen.box_width, NUM_CATEGORIES + 1),
        box_batch_size_per_image=chosen.regions_per_image,
    )
    model = model.to(memory_format=torch.channels_last).train()
    side = canvases.shape[-1]

    def loss() -> torch.Tensor:
        with machine.autocast():
            maps = model.backbone(canvases)
        maps = {name: values.float() for name, values in maps.items()}
        frames = ImageList(canvases, [(side, side)] * len(canvases))
        proposals, first = model.rpn(frames, maps, targets)
        _, second = model.roi_heads(maps, proposals, frames.image_sizes, targets)
        return torch.stack([*first.values(), *second.values()]).sum()

    return model, loss


def settings() -> Settings:
    """Return what params.yaml has."""
    params = load("warmup_detector", WarmupDetectorParams)
    layers = dict(zip((4, 8, 16, 32), zoo.find("resnet18").pyramid, strict=True))
    shared = params.model_dump(include=set(Settings.__dataclass_fields__))
    return Settings(layers=[layers[s] for s in params.strides], rpn_convolutions=1, box_convolutions=0, **shared)


def drawn(batch_size: int, side: int) -> tuple[torch.Tensor, Targets]:
    """Draw noise with two boxes per picture."""
    canvases = torch.randn(batch_size, 3, side, side).contiguous(memory_format=torch.channels_last)
    targets = []
    for _ in range(batch_size):
        corners = torch.rand(2, 2) * side * 0.6
        boxes = torch.cat([corners, corners + side * (0.1 + 0.3 * torch.rand(2, 2))], dim=1)
        targets.append({"boxes": boxes, "labels": torch.randint(1, NUM_CATEGORIES + 1, (2,))})
    return canvases, targets


if __name__ == "__main__":
    main()
