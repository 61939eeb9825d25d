"""Show what fine-tuning did to the features, and where in its worst mistakes the classifier looked."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.evaluation import embedding, embedding_picture, embedding_table, grad_cam_cases, grad_cam_picture
from transfer.models import classifier, prediction
from transfer.runtime import Machine


class EmbeddingParams(Params):
    """`pictures` are laid out at most; perplexity and seed are t-SNE's, `neighbours` of the measure beside it."""

    pictures: PositiveInt
    perplexity: PositiveFloat
    seed: int = Field(ge=0, lt=2**32)
    neighbours: PositiveInt


class GradCamParams(Params):
    """`pictures` are shown at most."""

    pictures: PositiveInt


class ExplainClassifierParams(Params):
    """`split` is what is explained; training has not seen it, but `val` has chosen the epoch."""

    split: Literal["test", "val"]
    batch_size: PositiveInt
    embedding: EmbeddingParams
    grad_cam: GradCamParams


def run(
    params: ExplainClassifierParams,
    runtime: Runtime,
    *,
    data: Path = Path("data/augmented/classifier"),
    warmed: Path = Path("models/warmed_classifier"),
    tuned: Path = Path("models/classifier"),
    report: Path = Path("reports/explanation"),
) -> None:
    """Write the embedding as PNG, CSV and JSON, and the Grad-CAM pictures."""
    machine = machines.prepare(**runtime.model_dump())
    split = shards.read_split(data, params.split)
    with atomic.replacing_folder(report) as folder:
        _embed(folder, split, params, machine, bodies={"before": warmed, "after": tuned})
        _explain(folder, split, params, machine, tuned=tuned)


def _embed(
    folder: Path, split: shards.Split, params: ExplainClassifierParams, machine: Machine, *, bodies: dict[str, Path]
) -> None:
    settings = params.embedding
    labels = split.rows["label"].to_numpy()
    rows = embedding.chosen(labels, at_most=settings.pictures)
    features = {name: _features(path, split, rows, machine) for name, path in bodies.items()}
    planes = {
        name: embedding.layout(found, perplexity=settings.perplexity, seed=settings.seed)
        for name, found in features.items()
    }
    measured = {
        name: embedding.separation(found, labels[rows], neighbours=settings.neighbours)
        for name, found in features.items()
    }
    names = checkpoint.load_facts(bodies["after"]).categories
    known = {"split": params.split, "num_pictures": len(rows), **settings.model_dump(exclude={"pictures"})}
    words = {name: embedding_picture.subtitle(name, m, neighbours=settings.neighbours) for name, m in measured.items()}
    embedding_table.write(folder / "embedding.csv", planes, split.rows.iloc[rows], names)
    atomic.write_json(folder / "embedding.json", {**known, **measured})
    embedding_picture.draw(
        folder / "embedding.png",
        {words[name]: plane for name, plane in planes.items()},
        labels[rows],
        names=names,
        title=f"Features of {len(rows)} {params.split} pictures, t-SNE with perplexity {settings.perplexity:g} "
        f"and seed {settings.seed}",
    )


def _features(path: Path, split: shards.Split, rows: np.ndarray, machine: Machine) -> np.ndarray:
    facts, tensors = checkpoint.load(path)
    body = classifier.build_backbone(facts, tensors).to(machine.device)
    return embedding.normalised(prediction.features(body, split, facts, machine, rows=rows))


def _explain(
    folder: Path, split: shards.Split, params: ExplainClassifierParams, machine: Machine, *, tuned: Path
) -> None:
    facts, tensors = checkpoint.load(tuned)
    network = classifier.build_classifier(facts, tensors).to(machine.device)
    answers = prediction.probabilities(network, split, facts, machine, batch_size=params.batch_size)
    cases, title = grad_cam_cases.worst(network, answers, split, facts, machine, num_pictures=params.grad_cam.pictures)
    grad_cam_picture.draw(folder / "grad_cam.png", cases, title=title)


if __name__ == "__main__":
    main(run)
