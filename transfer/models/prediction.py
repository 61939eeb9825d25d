"""Answers of a classifier for stored pictures, in plain fp32: the reference that every other path is held against."""

import numpy as np
import torch
from torch import nn

from receiver.progress import track
from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.models import test_time
from transfer.models.inputs import normalise
from transfer.runtime import Machine

# Few pictures stay in a CPU's cache.
FEATURE_BATCH = 16


@torch.inference_mode()
def probabilities(
    model: nn.Module, split: Split, facts: Facts, machine: Machine, *, batch_size: int, views: str = "none"
) -> np.ndarray:
    """Return float32 [len(split), num_categories]; each row sums to 1.

    `views` names an entry of `test_time.VIEWS`; a batch counts them, so that they need no more memory.

    Raises:
        ParamsError: there are no views of this name.
    """
    answers = [np.zeros((0, len(facts.categories)), np.float32)]
    for rows in track(split.batches(max(1, batch_size // len(test_time.find(views)))), "batches"):
        images = normalise(_pixels(split, rows, machine), mean=facts.mean, std=facts.std)
        answers.append(test_time.probabilities(model, images, views=views).cpu().numpy())
    return np.concatenate(answers)


@torch.inference_mode()
def features(body: nn.Module, split: Split, facts: Facts, machine: Machine, *, rows: np.ndarray) -> np.ndarray:
    """Return what a body answers with for the pictures `rows`, float32 [len(rows), num_features]."""
    answers = []
    for start in track(range(0, len(rows), FEATURE_BATCH), "batches"):
        pixels = _pixels(split, rows[start : start + FEATURE_BATCH], machine)
        answers.append(body(normalise(pixels, mean=facts.mean, std=facts.std)).float().cpu().numpy())
    return np.concatenate(answers)


def _pixels(split: Split, rows: np.ndarray, machine: Machine) -> torch.Tensor:
    return torch.from_numpy(split.pixels(rows)).to(machine.device)
