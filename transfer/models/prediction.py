"""Answers of a classifier for stored pictures, in plain fp32: the reference that every other path is held against."""

import numpy as np
import torch
from torch import nn

from transfer.checkpoint import Facts
from transfer.data.views.shards import Split
from transfer.models.inputs import normalise
from transfer.progress import track
from transfer.runtime import Machine


@torch.inference_mode()
def probabilities(model: nn.Module, split: Split, facts: Facts, machine: Machine, *, batch_size: int) -> np.ndarray:
    """Return float32 [len(split), num_categories]; each row sums to 1."""
    answers = [np.zeros((0, len(facts.categories)), np.float32)]
    for rows in track(split.batches(batch_size), "batches"):
        pixels = torch.from_numpy(split.pixels(rows)).to(machine.device)
        logits = model(normalise(pixels, mean=facts.mean, std=facts.std))
        answers.append(logits.softmax(1).cpu().numpy())
    return np.concatenate(answers)
