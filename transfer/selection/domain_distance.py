"""How far the user's images are from what a backbone was pretrained on, measured on the images themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from receiver.progress import track
from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.errors import DataError
from transfer.models.inputs import normalise
from transfer.runtime import Machine

MOST_ITERATIONS = 5000
# Random features hardly separate the classes: the last digits of their fit cost ten times as long, and move the
# accuracy by less than its standard error.
TOLERANCE = 1e-3

# Mean and variance of each channel of what enters a layer, float64, by the layer's name.
Moments = dict[str, tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Probing:
    """How a linear probe is fitted and judged: `c` is the inverse strength of its regularisation."""

    folds: int
    c: float
    seed: int


@dataclass(frozen=True)
class Probe:
    """Mean recall of a linear model over the classes, 0..1, cross-validated, and its standard error over the folds."""

    accuracy: float
    standard_error: float


def plain_pictures(split: Split, *, most: int, seed: int) -> Split:
    """Return the labelled pictures that are not augmented, gathered in memory; above `most` a random part of them."""
    chosen = split.rows.index[(split.rows["view"] == 0) & (split.rows["label"] >= 0)].to_numpy()
    if len(chosen) > most:
        chosen = np.sort(np.random.default_rng(seed).permutation(chosen)[:most])
    return Split(split.rows.loc[chosen].reset_index(drop=True), split.boxes.iloc[:0], (split.pixels(chosen),))


def check_folds(labels: np.ndarray, groups: np.ndarray, names: tuple[str, ...], *, folds: int) -> None:
    """See that cross-validation is possible.

    Raises:
        DataError: there is one class, or a class has fewer images, or groups of linked images, than folds.
    """
    if len(np.unique(labels)) < 2:
        msg = f"the training split has images of one class, {names[labels[0]]!r}; there is nothing to tell apart"
        raise DataError(msg)
    for label in np.unique(labels):
        images, independent = int((labels == label).sum()), len(np.unique(groups[labels == label]))
        if independent < folds:
            parts = f"{independent} group{'s' if independent > 1 else ''}"
            linked = f" in {parts} of linked ones" if independent < images else ""
            msg = (
                f"class {names[label]!r} has {images} training images{linked}, fewer than advise.folds = {folds}; "
                f"add images of it{f', or set advise.folds to {independent}' if independent > 1 else ''}"
            )
            raise DataError(msg)


def probe(features: np.ndarray, labels: np.ndarray, groups: np.ndarray, how: Probing) -> Probe:
    """Fit logistic regression to scaled features, float [n, num_features], and judge it on images it has not seen.

    Images of one group are never on both sides. The recalls are of all folds together, so that a class counts as much
    as any other.
    """
    answers = np.empty_like(labels)
    scores = []
    splitter = StratifiedGroupKFold(how.folds, shuffle=True, random_state=how.seed)
    for train, test in track(list(splitter.split(features, labels, groups)), "linear probe"):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=how.c, max_iter=MOST_ITERATIONS, tol=TOLERANCE))
        answers[test] = model.fit(features[train].astype(np.float64), labels[train]).predict(features[test])
        scores.append(mean_recall(answers[test], labels[test]))
    return Probe(mean_recall(answers, labels), float(np.std(scores, ddof=1) / len(scores) ** 0.5))


def mean_recall(answers: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of right answers, averaged over the classes that occur."""
    return float(np.mean([np.mean(answers[labels == label] == label) for label in np.unique(labels)]))


def transferred(accuracy: float, *, chance: float) -> float:
    """Return how much of the way from chance to perfection an accuracy is: 0..1, below chance 0."""
    return max(0.0, (accuracy - chance) / (1 - chance))


@torch.inference_mode()
def activation_moments(body: nn.Module, split: Split, facts: Facts, machine: Machine, *, batch_size: int) -> Moments:
    """Measure what enters each BatchNorm layer when the pictures pass the body; empty for a body without such layers.

    The body is in evaluation mode: each layer sees what the layers before it answer in prediction.
    """
    sums: dict[str, torch.Tensor] = {}
    hooks = [layer.register_forward_pre_hook(_adding(sums, name)) for name, layer in _batch_norms(body).items()]
    if hooks:
        for rows in track(split.batches(batch_size), "activations"):
            pixels = torch.from_numpy(split.pixels(rows)).to(machine.device)
            body(normalise(pixels, mean=facts.mean, std=facts.std))
    for hook in hooks:
        hook.remove()
    moments = {name: (s[1] / s[0], s[2] / s[0] - (s[1] / s[0]) ** 2) for name, s in sums.items()}
    return {name: (mean.cpu(), variance.clamp(min=0).cpu()) for name, (mean, variance) in moments.items()}


def feature_distances(body: nn.Module, moments: Moments) -> dict[str, float]:
    """Compare what enters each BatchNorm layer with what entered it in pretraining, as its running statistics tell.

    Per channel it is the Frechet distance of two Gaussians, in standard deviations of the pretraining:
    sqrt((m - m0)^2 + (s - s0)^2) / s0. Returned is the mean over the channels of each layer. BatchNorm statistics as
    the description of a domain: Li et al., Revisiting Batch Normalization for Practical Domain Adaptation (2016). They
    compare by symmetric divergence, which a single channel that is silent in one of the domains makes infinite.
    """
    return {name: _distance(_batch_norms(body)[name], *moments[name]) for name in moments}


def mean_distance(distances: Mapping[str, float]) -> float | None:
    """Average over the layers; None where there are none."""
    return sum(distances.values()) / len(distances) if distances else None


def _batch_norms(body: nn.Module) -> dict[str, nn.BatchNorm2d]:
    return {name: layer for name, layer in body.named_modules() if isinstance(layer, nn.BatchNorm2d)}


def _adding(sums: dict[str, torch.Tensor], name: str) -> Callable[[nn.Module, tuple[torch.Tensor]], None]:
    """Make a hook that adds count, sum and sum of squares of each channel."""

    def add(layer: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        values = inputs[0]
        # Only what is added up over batches has to be float64: all activations in it would take twice as long.
        variance, mean = (part.double() for part in torch.var_mean(values, dim=(0, 2, 3), correction=0))
        new = torch.stack([torch.ones_like(mean), mean, variance + mean**2]) * (values.numel() // len(mean))
        sums[name] = sums[name] + new if name in sums else new

    return add


def _distance(layer: nn.BatchNorm2d, mean: torch.Tensor, variance: torch.Tensor) -> float:
    source_mean, source_variance = (layer.get_buffer(name).double().cpu() for name in ("running_mean", "running_var"))
    # The layer adds eps to the variance before it divides: a silent channel is not blown up.
    source, target = (source_variance + layer.eps).sqrt(), (variance + layer.eps).sqrt()
    shift, stretch = (mean - source_mean) / source, target / source - 1
    return float((shift**2 + stretch**2).sqrt().mean())
