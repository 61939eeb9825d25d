"""Train one strategy at one learning rate instead of its own."""

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
    rate: float,
    data: Path = Path("data/augmented/classifier"),
) -> None:
    """Write what came of it and what it took."""
    cell = cells.Cell(strategy, backbone, size, seed)
    raise NotImplementedError(cell.name, rate, data, runtime.threads)


if __name__ == "__main__":
    main(run)
