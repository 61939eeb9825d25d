"""Measure what a backbone's frozen features are worth: a linear model on few training images per class.

Run, in a project whose line has run up to split_data: python -m benchmarks.linear_probe models/backbone ...

Images are drawn from the training split and judged on the whole test split, so nothing linked is on both sides.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from receiver.progress import track
from transfer import checkpoint, runtime
from transfer.data import dataset
from transfer.data.pixels import read_images
from transfer.data.resize import resize
from transfer.models import classifier
from transfer.models.inputs import normalise

PER_CLASS = (5, 20, 200)
BATCH_SIZE = 100


def main(
    backbones: Annotated[list[Path], typer.Argument(help="checkpoint folders of backbones")],
    per_class: Annotated[
        list[int] | None, typer.Option(help="training images per class, repeated; else 5, 20, 200")
    ] = None,
    draws: Annotated[int, typer.Option(help="sets of training images; the mean is shown")] = 10,
    image_size: Annotated[int, typer.Option(help="pixels of the square that images are stretched to")] = 96,
    threads: int = 2,
) -> None:
    """Print one row per backbone: accuracy for each number of images per class, and its deviation over draws."""
    machine = runtime.prepare(seed=0, threads=threads, device="auto", precision="auto")
    pixels, labels, is_train = _read(image_size, threads)
    print(f"{is_train.sum():,} training and {(~is_train).sum():,} test images at {image_size} px, {draws} draws")
    for folder in backbones:
        facts, tensors = checkpoint.load(folder)
        features = _features(classifier.build_backbone(facts, tensors), pixels, facts, machine)
        print(f"{folder}: {facts.architecture}, {facts.lineage[-1]}")
        for number in per_class or PER_CLASS:
            scores = [_score(features, labels, is_train, number, seed) for seed in range(draws)]
            print(f"{number:>5} per class: {np.mean(scores):.1%} (deviation {np.std(scores):.1%})", flush=True)


def _read(image_size: int, threads: int) -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
    """Return the images of train and test, uint8 [n, size, size, 3], their labels, and which are of train."""
    data = dataset.read(Path("data/ingested"))
    split = pd.read_parquet("data/splits/splits.parquet").merge(data.images[["image_id", "label"]], on="image_id")
    rows = split[split["split"].isin(["train", "test"])]
    images = read_images(data, rows["image_id"].tolist(), num_threads=threads)
    pixels = [
        torch.from_numpy(resize(image, height=image_size, width=image_size))
        for _, image in track(images, "Reading images", total=len(rows))
    ]
    return torch.stack(pixels), rows["label"].to_numpy(), (rows["split"] == "train").to_numpy()


@torch.inference_mode()
def _features(body: nn.Module, pixels: torch.Tensor, facts: checkpoint.Facts, machine: runtime.Machine) -> np.ndarray:
    body = body.to(machine.device)

    def batches() -> Iterator[torch.Tensor]:
        for batch in pixels.split(BATCH_SIZE):
            with machine.autocast():
                yield body(normalise(batch.to(machine.device), mean=facts.mean, std=facts.std)).float().cpu()

    return torch.cat(list(batches())).numpy()


def _score(features: np.ndarray, labels: np.ndarray, is_train: np.ndarray, per_class: int, seed: int) -> float:
    """Fit on `per_class` training images of each class, drawn by the seed, and measure the accuracy on the test."""
    generator = np.random.default_rng(seed)
    chosen = np.concatenate(
        [
            generator.choice(np.flatnonzero(is_train & (labels == c)), per_class, replace=False)
            for c in np.unique(labels)
        ]
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return float(model.fit(features[chosen], labels[chosen]).score(features[~is_train], labels[~is_train]))


if __name__ == "__main__":
    typer.run(main)
