"""Measure what a backbone's frozen features are worth: a linear model on few images per class of any data set.

    python -m benchmarks.formula_probe IMAGES [--backbone models/backbone] [--per-class 5 20 240]

IMAGES is a folder or a zip. The class of an image is its folder, or with `--labels name` its file name before
the number.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from transfer import checkpoint, runtime
from transfer.data.decode import decode
from transfer.data.resize import resize
from transfer.data.source import open_source
from transfer.models import classifier
from transfer.models.inputs import normalise

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}
NUMBER_AT_END = re.compile(r"[-_ ]?\d+$")
BATCH_SIZE = 100


def main() -> None:
    """Print one line per number of images per class."""
    arguments = _arguments()
    machine = runtime.prepare(seed=0, threads=arguments.threads, device="auto", precision="auto")
    facts, tensors = checkpoint.load(arguments.backbone)
    body = classifier.build_backbone(facts, tensors).to(machine.device)
    pixels, labels = _read(arguments.images, arguments.image_size, labels=arguments.labels)
    features = _features(body, pixels, facts, machine)
    print(f"{len(labels):,} images of {len(set(labels))} classes at {arguments.image_size} px, {facts.lineage[-1]}")
    for per_class in arguments.per_class:
        scores = [_score(features, labels, per_class, seed) for seed in range(arguments.seeds)]
        print(
            f"{per_class:>5} per class: {100 * np.mean(scores):.1f} % (deviation {100 * np.std(scores):.1f}, "
            f"{len(scores)} draws)"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--backbone", type=Path, default=Path("models/backbone"))
    parser.add_argument("--labels", choices=["folder", "name"], default="folder")
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--per-class", type=int, nargs="+", default=[5, 20])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _read(images: Path, image_size: int, *, labels: str) -> tuple[torch.Tensor, np.ndarray]:
    with open_source(images) as source:
        names = [name for name in source.names() if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]
        pixels = [
            torch.from_numpy(resize(decode(source.read(name)), height=image_size, width=image_size)) for name in names
        ]
    return torch.stack(pixels), np.array([_label(PurePosixPath(name), labels) for name in names])


def _label(name: PurePosixPath, labels: str) -> str:
    return name.parent.name if labels == "folder" else NUMBER_AT_END.sub("", name.stem)


@torch.inference_mode()
def _features(body: nn.Module, pixels: torch.Tensor, facts: checkpoint.Facts, machine: runtime.Machine) -> np.ndarray:
    def batches() -> Iterator[torch.Tensor]:
        for batch in pixels.split(BATCH_SIZE):
            with machine.autocast():
                yield body(normalise(batch.to(machine.device), mean=facts.mean, std=facts.std)).float().cpu()

    return torch.cat(list(batches())).numpy()


def _score(features: np.ndarray, labels: np.ndarray, per_class: int, seed: int) -> float:
    """Fit on `per_class` images of each class, drawn by the seed, and measure the accuracy on all others."""
    chosen = _draw(labels, per_class, seed)
    others = np.setdiff1d(np.arange(len(labels)), chosen)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return float(model.fit(features[chosen], labels[chosen]).score(features[others], labels[others]))


def _draw(labels: np.ndarray, per_class: int, seed: int) -> Sequence[int] | np.ndarray:
    generator = np.random.default_rng(seed)
    return np.concatenate(
        [generator.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in np.unique(labels)]
    )


if __name__ == "__main__":
    main()
