"""Check that given tensors are a backbone of an architecture, and say in full what does not fit."""

from collections.abc import Iterable, Mapping

import torch
from torch import nn

from transfer.checkpoint import RGB
from transfer.errors import WeightsError
from transfer.models import stem, zoo

NAMES_SHOWN = 10


def backbone(
    tensors: Mapping[str, torch.Tensor], architecture: str, *, origin: str, channels: int = RGB
) -> dict[str, torch.Tensor]:
    """Return the backbone's tensors in the architecture's own order and dtypes; those of a pretrained head are dropped.

    `origin` is what an error names, such as the path of the file; `channels` are those of the pictures it reads.

    Raises:
        WeightsError: names are missing or unexpected, shapes differ, or values are not finite numbers.
    """
    head = f"{zoo.find(architecture).head}."
    expected = stem.replace(zoo.build(architecture, nn.Identity()), channels).state_dict()
    given = {name: tensor for name, tensor in tensors.items() if not name.startswith(head)}
    return fitting(given, expected, what=f"architecture {architecture!r}", origin=origin)


def fitting(
    given: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], *, what: str, origin: str
) -> dict[str, torch.Tensor]:
    """Return the given tensors in the order and dtypes of the expected ones; `what` names those in an error.

    Raises:
        WeightsError: names are missing or unexpected, shapes differ, or values are not finite numbers.
    """
    mistakes = [*_name_mistakes(given, expected), *_shape_mistakes(given, expected), *_value_mistakes(given)]
    if mistakes:
        msg = "\n  ".join([f"{origin}: does not fit {what}:", *mistakes])
        raise WeightsError(msg)
    return {name: given[name].to(like.dtype) for name, like in expected.items()}


def _name_mistakes(given: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> Iterable[str]:
    missing = [name for name in expected if name not in given]
    unexpected = [name for name in given if name not in expected]
    if missing:
        yield f"missing {len(missing)} of {len(expected)}: {_some(missing)}"
    if unexpected:
        yield f"unexpected {len(unexpected)}: {_some(unexpected)}"


def _shape_mistakes(given: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> Iterable[str]:
    both = [name for name in expected if name in given]
    wrong = [
        f"{name} is {list(given[name].shape)}, expected {list(expected[name].shape)}"
        for name in both
        if given[name].shape != expected[name].shape
    ]
    if wrong:
        yield f"other shapes {len(wrong)}: {_some(wrong)}"


def _value_mistakes(given: Mapping[str, torch.Tensor]) -> Iterable[str]:
    broken = [name for name, tensor in given.items() if not bool(torch.isfinite(tensor).all())]
    if broken:
        yield f"NaN or infinite values in {len(broken)}: {_some(broken)}"


def _some(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
