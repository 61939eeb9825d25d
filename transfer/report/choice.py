"""Choose pictures by their place, not by how well a model did on them."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def evenly(items: Sequence[Item], number: int) -> list[Item]:
    """Return at most `number` of the items, evenly spread, in their order."""
    count = min(number, len(items))
    return [items[int((place + 0.5) * len(items) / count)] for place in range(count)]
