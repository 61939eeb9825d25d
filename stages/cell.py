"""Train one cell of the tournament or of its sweep, as params.yaml says."""

from pathlib import Path

from stages.params import Runtime
from stages.recipe import RecipeParams
from stages.warmup import WarmupClassifierParams
from transfer import checkpoint, runtime
from transfer.selection.cell_training import How, read, train_cell
from transfer.selection.cells import Cell, Cost, Result
from transfer.training.resume import Resume, work_key
from transfer.training.strategies import Strategy


def train(
    cell: Cell,
    strategy: Strategy,
    *,
    recipe: RecipeParams,
    warmup: WarmupClassifierParams,
    settings: Runtime,
    data: Path,
    resume_as: str,
) -> tuple[Result, Cost]:
    """Train the cell's backbone by `strategy`, with the cell's seed for everything that is drawn."""
    machine = runtime.prepare(**{**settings.model_dump(), "seed": cell.seed})
    folder = Path("models", cell.backbone)
    how = How(strategy, recipe.settings(fp16=machine.precision == "fp16"), warmup.settings(), warmup.head.shape())
    return train_cell(
        cell,
        checkpoint.load(folder),
        data=read(data),
        how=how,
        machine=machine,
        resume=Resume(resume_as, work_key(cell, how, machine, inputs=(data, folder))),
    )
