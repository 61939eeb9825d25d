"""What each option of the recipe is worth on few real pictures: one option changed at a time, several seeds.

Run it in a line's folder whose stages augment_data and fetch_backbone are up to date:
    python -m benchmarks.recipe --strategy two_phase --size 20
"""

import statistics
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import torch
import typer
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.nothing_kept import NothingKept
from receiver.progress import say
from stages.params import Runtime, load
from stages.recipe import RecipeParams, Strategies
from stages.warmup import WarmupClassifierParams
from transfer import checkpoint, runtime
from transfer.selection.cell_training import How, read, train_cell
from transfer.selection.cells import Cell

OPTIONS: dict[str, dict[str, Any]] = {
    "as in params.yaml": {},
    "Adam": {"optimizer.name": "adam", "optimizer.weight_decay": 0.0},
    "SGD, 10 times the rate": {"optimizer.name": "sgd", "optimizer.weight_decay": 0.0005, "rate": 10.0},
    "norms and biases decay": {"optimizer.decay_norms": True},
    "one-cycle": {"schedule.name": "one_cycle", "schedule.warmup": 0.3},
    "step": {"schedule.name": "step"},
    "plateau": {"schedule.name": "plateau"},
    "constant": {"schedule.name": "constant"},
    "rate per epoch": {"schedule.per": "epoch"},
    "gradients of two parts added up": {"micro_batch_size": 12},
    "gradient checkpointing": {"gradient_checkpointing": True},
    "average of the weights, 0.95": {"ema": 0.95},
    "norms train": {"frozen_norm": "none"},
    "norms frozen wholly": {"frozen_norm": "both"},
    "no label smoothing": {"regularisation.label_smoothing": 0.0},
    "mixup 0.2": {"regularisation.mixup": 0.2},
    "CutMix 1.0": {"regularisation.cutmix": 1.0},
    "random erasing 0.25": {"regularisation.erasing": 0.25},
    "L2-SP 0.01": {"regularisation.l2_sp": 0.01, "optimizer.weight_decay": 0.0},
    "class weights": {"regularisation.class_weights": "balanced"},
    "balanced sampling": {"regularisation.sampling": "balanced"},
    "fp32": {"precision": "fp32"},
    "fp16": {"precision": "fp16"},
}


def main(
    strategy: Annotated[str, typer.Option(help="an entry of strategies")] = "two_phase",
    size: Annotated[int, typer.Option(help="training images per class")] = 20,
    seeds: Annotated[int, typer.Option(help="sets of training images; the mean is shown")] = 3,
) -> None:
    """Print accuracy on the test split, its change, and the time of training for each option."""
    table = Table("option", "accuracy", "change", "time", title=f"{strategy}, {size} images per class, {seeds} seeds")
    usual: tuple[float, float] | None = None
    for name, changes in OPTIONS.items():
        found = [_trained(strategy, size, seed, changes) for seed in range(seeds)]
        accuracy, seconds = (statistics.mean(values) for values in zip(*found, strict=True))
        usual = usual or (accuracy, seconds)
        row = name, f"{accuracy:.2%}", f"{100 * (accuracy - usual[0]):+.2f}", f"{seconds / usual[1]:.2f}"
        say(", ".join(row))
        table.add_row(*row)
    Console(width=100).print(table)


def _trained(strategy: str, size: int, seed: int, changes: Mapping[str, Any]) -> tuple[float, float]:
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    for path, value in changes.items():
        _set(values, path, value, strategy)
    with TemporaryDirectory() as folder:
        changed = Path(folder, "params.yaml")
        changed.write_text(yaml.safe_dump(values), encoding="utf-8")
        machine = runtime.prepare(**{**load("runtime", Runtime, path=changed).model_dump(), "seed": seed})
        recipe = load("recipe", RecipeParams, path=changed).settings(fp16=machine.precision == "fp16")
        warmup = load("warmup_classifier", WarmupClassifierParams, path=changed)
        named = load("strategies", Strategies, path=changed).named(strategy)
    result, cost = train_cell(
        Cell(strategy, "backbone", size, seed),
        checkpoint.load(Path("models/backbone")),
        data=read(Path("data/augmented/classifier")),
        how=How(named, recipe, warmup.settings(), warmup.head.shape()),
        machine=machine,
        resume=NothingKept("bench", ""),
    )
    return result.accuracy, cost.seconds


def _set(values: dict[str, Any], path: str, value: Any, strategy: str) -> None:
    if path == "rate":
        for phase in values["strategies"][strategy]["phases"]:
            phase["rates"]["head"] *= value
        return
    section = values["runtime"] if path == "precision" else values["recipe"]
    *above, last = path.split(".")
    for key in above:
        section = section[key]
    section[last] = value


if __name__ == "__main__":
    torch.set_num_threads(1)
    typer.run(main)
