"""Train one strategy at one learning rate instead of its own."""

from dataclasses import replace
from pathlib import Path

from stages.entry import main
from stages.params import Runtime
from stages.recipe import RecipeParams, Strategies
from stages.selection import Size
from stages.warmup import WarmupClassifierParams
from transfer import checkpoint
from transfer import runtime as machines
from transfer.selection import cells
from transfer.selection.cell_training import How, at_rate, read, train_cell
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
    rate: float,
    data: Path = Path("data/augmented/classifier"),
) -> None:
    """Write what came of it and what it took."""
    cell = cells.Cell(strategy, backbone, size, seed)
    machine = machines.prepare(**{**runtime.model_dump(), "seed": seed})
    folder = Path("models", backbone)
    how = How(
        at_rate(strategies.named(strategy), rate),
        recipe.settings(fp16=machine.precision == "fp16"),
        warmup_classifier.settings(),
        warmup_classifier.head.shape(),
    )
    work = work_key(cell, how, rate, machine, inputs=(data, folder))
    result, cost = train_cell(
        cell,
        checkpoint.load(folder),
        data=read(data),
        how=how,
        machine=machine,
        resume=Resume(f"rate_{rate}", work),
    )
    cells.write(cells.RATES / str(rate), replace(result, learning_rate=rate), cost)


if __name__ == "__main__":
    main(run)
