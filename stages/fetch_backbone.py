"""Bring the pretrained backbone in: from torchvision or timm, a file, a bundle, a formula, or none at all."""

from pathlib import Path

from stages.backbone import BackboneParams, fetch
from stages.entry import main
from stages.params import Runtime


def run(params: BackboneParams, runtime: Runtime, *, backbone: Path = Path("models/backbone")) -> None:
    """Write the backbone's tensors, without a head, and where they come from."""
    fetch(params, runtime, backbone, stage="fetch_backbone")


if __name__ == "__main__":
    main(run)
