"""Train one cell of the tournament."""

from pathlib import Path

from stages.entry import main
from stages.params import Runtime
from stages.selection import Size
from transfer.selection import cells


def run(
    runtime: Runtime,
    *,
    strategy: str,
    backbone: str,
    size: Size,
    seed: int,
    data: Path = Path("data/augmented/classifier"),
) -> None:
    """Write what the cell came to and what it took."""
    cell = cells.Cell(strategy, backbone, size, seed)
    raise NotImplementedError(cell.name, data, runtime.threads)


if __name__ == "__main__":
    main(run)
