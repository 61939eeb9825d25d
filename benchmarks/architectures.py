"""Print the table of docs/architectures.md, from the code: python -m benchmarks.architectures."""

import torch
from torch import nn

from transfer.models import freezing, zoo
from transfer.models.architectures import ARCHITECTURES
from transfer.models.counting import count

NAMED_GROUPS = 6
HEADER = (
    "| architecture | parameters of the body | features into the head | least size | detector | groups | millions of "
    "parameters per group | the groups' layers |\n|---|---:|---:|---|---|---:|---|---|"
)


def table() -> str:
    """Make one row per architecture of the table."""
    return "\n".join([HEADER, *(_row(name) for name in ARCHITECTURES)])


def _row(name: str) -> str:
    found = ARCHITECTURES[name]
    with torch.device("meta"):
        model = zoo.build(name, nn.Identity())
    *groups, _ = freezing.parameters(freezing.layer_groups(model, name))
    multiple = "" if found.sizes.multiple == 1 else f", multiples of {found.sizes.multiple}"
    cells = (
        f"`{name}`",
        f"{count(model)[1]:,}",
        f"{found.num_features:,}",
        f"{found.sizes.least} px{multiple}",
        "yes" if found.pyramid else "no",
        str(len(groups)),
        _some([f"{sum(p.numel() for p in group) / 1e6:.2f}" for group in groups]),
        _some([f"`{group}`".replace(" to ", "` to `") for group in freezing.group_names(name)[:-1]]),
    )
    return f"| {' | '.join(cells)} |"


def _some(groups: list[str]) -> str:
    return ", ".join(groups if len(groups) <= NAMED_GROUPS else [*groups[:2], "...", groups[-1]])


if __name__ == "__main__":
    print(table())
