"""Bring a pretrained detector in: from torchvision, from a file or a bundle, or none."""

from pathlib import Path

from pydantic import Field

from stages.entry import main
from stages.params import Params
from transfer import checkpoint
from transfer.models import detector_weights
from transfer.models.detector_weights import Pretrained

TORCHVISION = "torchvision:"


class FetchDetectorParams(Params):
    """`model` is torchvision's name of the model whose weights a file holds; a checkpoint folder knows its own."""

    source: str = Field(pattern=r"^(none|file|bundle|torchvision:.+)$")
    file: str
    model: str


def run(params: FetchDetectorParams, *, pretrained: Path = Path("models/pretrained_detector")) -> None:
    """Write a detector checkpoint that `warmup_detector` can take its body from, or one of kind "none"."""
    facts, tensors = _found(params)
    checkpoint.save(pretrained, facts, tensors)


def _found(params: FetchDetectorParams) -> Pretrained:
    if params.source.startswith(TORCHVISION):
        return detector_weights.from_torchvision(params.source.removeprefix(TORCHVISION))
    if params.source == "file":
        return detector_weights.from_path(Path(params.file), model=params.model)
    if params.source == "bundle":
        return detector_weights.from_bundle(Path(params.file))
    return detector_weights.none()


if __name__ == "__main__":
    main(run)
