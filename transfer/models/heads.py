"""The layers that a new task puts on a body: a linear one, or hidden layers before it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from transfer.errors import WeightsError


@dataclass(frozen=True)
class HeadShape:
    """`hidden` are the widths of the layers between the features and the linear layer that answers.

    With `norm` each hidden layer has a BatchNorm before its ReLU; `dropout` is the share of values that training sets
    to zero before the linear layer that answers and between hidden layers.
    """

    hidden: tuple[int, ...] = ()
    norm: bool = False
    dropout: float = 0.0

    def facts(self) -> dict[str, Any]:
        """Return the shape as a checkpoint records it, in `facts.build["head"]`."""
        return {**asdict(self), "hidden": list(self.hidden)}


LINEAR = HeadShape()


def from_facts(recorded: Mapping[str, Any] | None) -> HeadShape:
    """Return the shape that a checkpoint records; none recorded is a linear head.

    Raises:
        WeightsError: the record is not that of a head.
    """
    if recorded is None:
        return LINEAR
    try:
        shape = HeadShape(tuple(recorded["hidden"]), bool(recorded["norm"]), float(recorded["dropout"]))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"facts.json: build.head needs hidden, norm and dropout, found {dict(recorded)}"
        raise WeightsError(msg) from error
    return shape


def build(num_features: int, num_classes: int, shape: HeadShape) -> nn.Module:
    """Make a fresh head: features float [n, num_features] in, logits float [n, num_classes] out.

    Without hidden layers and dropout it is a plain `nn.Linear`.

    Raises:
        WeightsError: no head has this shape.
    """
    _require_sense(shape)
    layers: list[nn.Module] = []
    width = num_features
    for hidden in shape.hidden:
        layers += _hidden(width, hidden, shape)
        width = hidden
    if shape.dropout and not shape.hidden:
        layers.append(nn.Dropout(shape.dropout))
    answer = nn.Linear(width, num_classes)
    return nn.Sequential(*layers, answer) if layers else answer


def _hidden(width: int, hidden: int, shape: HeadShape) -> list[nn.Module]:
    # The norm's own shift does what a bias would.
    layers: list[nn.Module] = [nn.Linear(width, hidden, bias=not shape.norm)]
    if shape.norm:
        layers.append(nn.BatchNorm1d(hidden))
    layers.append(nn.ReLU())
    if shape.dropout:
        layers.append(nn.Dropout(shape.dropout))
    return layers


def _require_sense(shape: HeadShape) -> None:
    if any(hidden < 1 for hidden in shape.hidden):
        msg = f"head: hidden widths are 1 or more, found {list(shape.hidden)}"
        raise WeightsError(msg)
    if not 0 <= shape.dropout < 1:
        msg = f"head: dropout is a share from 0 to below 1, found {shape.dropout}"
        raise WeightsError(msg)
    if shape.norm and not shape.hidden:
        msg = "head: norm is between hidden layers, and hidden is empty; give hidden widths or set norm to false"
        raise WeightsError(msg)
