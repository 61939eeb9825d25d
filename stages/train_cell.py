"""Train one cell of the tournament."""

from pathlib import Path

from stages import cell
from stages.entry import main
from stages.params import Runtime
from stages.recipe import RecipeParams, Strategies
from stages.selection import Size
from stages.warmup import WarmupClassifierParams
from transfer.selection import cells
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
    data: Path = Path("data/augmented/classifier"),
) -> None:
    """Write what the cell came to and what it took."""
    item = Cell(strategy, backbone, size, seed)
    result, cost = cell.train(
        item,
        strategies.named(strategy),
        recipe=recipe,
        warmup=warmup_classifier,
        settings=runtime,
        data=data,
        resume_as=f"cell_{item.name}",
    )
    cells.write(cells.CELLS / item.name, result, cost)


if __name__ == "__main__":
    main(run)
