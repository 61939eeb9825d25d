"""Choose the pictures that a classifier got worst, and explain its answer and the truth by Grad-CAM."""

import numpy as np
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.reading import RGB
from transfer.data.views.shards import Split
from transfer.evaluation import grad_cam
from transfer.evaluation.classification import worst_first
from transfer.evaluation.grad_cam_picture import Case
from transfer.models.inputs import normalise
from transfer.runtime import Machine


def worst(
    network: nn.Module, answers: np.ndarray, split: Split, facts: Facts, machine: Machine, *, num_pictures: int
) -> tuple[list[Case], str]:
    """Return the worst mistakes, each with the maps of its answer and its truth, and a title.

    Without a mistake they are the least confident right answers, with the second most probable class beside them.

    Raises:
        WeightsError: the network has no layer that Grad-CAM can read.
    """
    labels = split.rows["label"].to_numpy()
    order, num_wrong = worst_first(answers, labels)
    rows = order[:num_pictures]
    said, second = np.argsort(-answers[rows], axis=1, kind="stable")[:, :2].T
    others, word = (labels[rows], "truth") if num_wrong else (second, "next")
    pixels = split.pixels(rows)
    images = normalise(torch.from_numpy(pixels).to(machine.device), mean=facts.mean, std=facts.std)
    layers = grad_cam.body_layers(network, facts.architecture)
    of_said, of_others = (
        grad_cam.explain(network, images, torch.from_numpy(classes).to(machine.device), layers=layers)
        for classes in (said, others)
    )
    cases = [
        Case(
            pixels[index, ..., :RGB],
            f"picture of\n{facts.categories[labels[row]]}",
            of_said.maps[index].cpu().numpy(),
            f"said, {answers[row, said[index]]:.0%}:\n{facts.categories[said[index]]}",
            of_others.maps[index].cpu().numpy(),
            f"{word}, {answers[row, others[index]]:.0%}:\n{facts.categories[others[index]]}",
        )
        for index, row in enumerate(rows)
    ]
    which = f"the {len(rows)} worst of {num_wrong} wrong answers" if num_wrong else "the least certain right answers"
    side = of_said.maps.shape[-1]
    return cases, f"Grad-CAM of {which}, read from {of_said.layer} ({side} x {side} places)"
