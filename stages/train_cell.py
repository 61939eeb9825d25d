"""Train one cell of the tournament."""

from pathlib import Path

from stages.entry import main
from stages.params import Runtime
from stages.recipe import RecipeParams, Strategies
from stages.selection import Size
from stages.warmup import WarmupClassifierParams
from transfer import checkpoint
from transfer import runtime as machines
from transfer.selection import cells
from transfer.selection.cell_training import How, read, train_cell
from transfer.training.resume import Resume, work_key


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
    cell = cells.Cell(strategy, backbone, size, seed)
    machine = machines.prepare(**{**runtime.model_dump(), "seed": seed})
    folder = Path("models", backbone)
    how = How(
        strategies.named(strategy),
        recipe.settings(fp16=machine.precision == "fp16"),
        warmup_classifier.settings(),
        warmup_classifier.head.shape(),
    )
    work = work_key(cell, how, machine, inputs=(data, folder))
    result, cost = train_cell(
        cell,
        checkpoint.load(folder),
        data=read(data),
        how=how,
        machine=machine,
        resume=Resume(f"cell_{cell.name}", work),
    )
    cells.write(cells.CELLS / cell.name, result, cost)


if __name__ == "__main__":
    main(run)
