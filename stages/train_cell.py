"""Train one cell of the tournament."""

from pathlib import Path

from stages.entry import main
from stages.params import Runtime
from stages.recipe import RecipeParams, Strategies, WarmupClassifierParams
from stages.selection import Size
from transfer import checkpoint
from transfer import runtime as machines
from transfer.data.views import shards
from transfer.models import adaptation
from transfer.selection import cell_training, cells
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
    plan = strategies.named(strategy)
    machine = machines.prepare(**{**runtime.model_dump(), "seed": seed})
    folder = Path("models", backbone)
    known = shards.read_facts(data)
    source, body = adaptation.adapt(*checkpoint.load(folder), image_size=known.image_size, channels=known.channels)
    work = work_key(cell, plan, recipe, warmup_classifier, machine, inputs=(data, folder))
    result, cost = cell_training.train_cell(
        cell,
        warmup_classifier.classifier_facts(source, known),
        body,
        splits=cell_training.read_splits(data),
        strategy=plan,
        settings=recipe.settings(fp16=machine.precision == "fp16"),
        warmup=warmup_classifier.settings(),
        machine=machine,
        resume=Resume(f"cell_{cell.name}", work),
    )
    cells.write(cells.CELLS / cell.name, result, cost)
