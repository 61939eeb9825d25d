"""Train one strategy at one learning rate instead of its own."""

from dataclasses import replace
from pathlib import Path

from stages import cell
from stages.entry import main
from stages.params import Runtime
from stages.recipe import RecipeParams, Strategies
from stages.selection import Size
from stages.warmup import WarmupClassifierParams
from transfer.selection import cells
from transfer.selection.cell_training import at_rate
from transfer.selection.cells import Cell


def run(
    recipe: RecipeParams,
    strategies: Strategies,
    warmup_classifier: WarmupClassifierParams,
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
    result, cost = cell.train(
        Cell(strategy, backbone, size, seed),
        at_rate(strategies.named(strategy), rate),
        recipe=recipe,
        warmup=warmup_classifier,
        settings=runtime,
        data=data,
        resume_as=f"rate_{rate}",
    )
    cells.write(cells.RATES / str(rate), replace(result, learning_rate=rate), cost)


if __name__ == "__main__":
    main(run)
