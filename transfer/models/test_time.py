"""Test-time augmentation: ask about mirrored and turned views of a picture too, and average the answers."""

import difflib

import torch
from torch import nn

from transfer.errors import ParamsError

# A view is made by a number of quarter turns and then, or not, by mirroring left and right.
View = tuple[int, bool]
PLAIN: View = (0, False)
# Squares lose nothing by quarter turns: every view has the pixels of the picture, in another order.
VIEWS: dict[str, tuple[View, ...]] = {
    "none": (PLAIN,),
    "flip": (PLAIN, (0, True)),
    # Turned by half and mirrored is upside down.
    "flips": (PLAIN, (0, True), (2, True), (2, False)),
    "dihedral": tuple((turns, mirrored) for turns in range(4) for mirrored in (False, True)),
}


def find(name: str) -> tuple[View, ...]:
    """Look a set of views up.

    Raises:
        ParamsError: there is none of this name; the message lists the known ones and the closest.
    """
    if name in VIEWS:
        return VIEWS[name]
    closest = difflib.get_close_matches(name, VIEWS, n=1)
    hint = f"; did you mean {closest[0]!r}?" if closest else "."
    msg = f"unknown views for test-time augmentation {name!r}{hint} Known are: {', '.join(VIEWS)}"
    raise ParamsError(msg)


def view(images: torch.Tensor, chosen: View) -> torch.Tensor:
    """Turn and mirror square images [..., size, size]."""
    turns, mirrored = chosen
    turned = torch.rot90(images, turns, (-2, -1)) if turns else images
    return turned.flip(-1) if mirrored else turned


def probabilities(network: nn.Module, images: torch.Tensor, *, views: str) -> torch.Tensor:
    """Return the mean of the probabilities of all views, float [n, classes].

    All views of the n images go through the network as one batch, so it needs the memory of n times as many.
    """
    chosen = find(views)
    if chosen == (PLAIN,):
        logits: torch.Tensor = network(images)
        return logits.softmax(1)
    answers = network(torch.cat([view(images, each) for each in chosen])).softmax(1)
    mean: torch.Tensor = answers.reshape(len(chosen), -1, answers.shape[1]).mean(0)
    return mean
