"""Cells of a tournament that never took place."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from transfer.selection import cells
from transfer.selection.cells import Cell, Cost, Result, Size
from transfer.selection.tournament import Entry, Tournament

NUM_CLASSES = 6


def result(cell: Cell, correct: np.ndarray, *, epochs: int = 12, parameters: int = 1000) -> Result:
    """Make up what a cell came to, from its answers."""
    accuracy = float(np.mean(correct))
    per_class = 100 if cell.size == "all" else cell.size
    history = [
        {
            "epoch": epoch,
            "phase": 1,
            "train_loss": 0.1 + 1.7 * 0.7**epoch,
            "val_loss": 0.2 + 1.6 * 0.7**epoch,
            "val_accuracy": accuracy * (1 - 0.6**epoch) + 0.003 * ((cell.seed + epoch) % 3),
        }
        for epoch in range(1, epochs + 1)
    ]
    return Result(
        **vars(cell),
        learning_rate=None,
        num_train_images=per_class * NUM_CLASSES,
        num_val_images=len(correct),
        num_test_images=len(correct),
        accuracy=accuracy,
        macro_f1=accuracy - 0.001,
        image_ids=tuple(range(len(correct))),
        correct=tuple(int(answer) for answer in correct),
        trainable_parameters=parameters,
        total_parameters=11_000_000,
        epochs=epochs,
        epochs_to_converge=min(8, epochs),
        best_epoch=epochs,
        history=tuple(history),
    )


def answers(accuracy: float, *, num_images: int, seed: int, own: float = 0.3) -> np.ndarray:
    """Draw answers that are right where an image is easy; `own` is the share that is this training's own luck."""
    easiness = np.random.default_rng(0).random(num_images)
    luck = np.random.default_rng([1, seed]).random(num_images)
    score = (1 - own) * easiness + own * luck
    return (score >= np.quantile(score, 1 - accuracy)).astype(int) if accuracy < 1 else np.ones(num_images, dtype=int)


def entry(
    strategy: str, size: Size, accuracies: tuple[float, ...], *, seconds: float = 10.0, num_images: int = 270
) -> Entry:
    """Make up an entry, one accuracy per seed."""
    made = [
        result(
            Cell(strategy, "backbone", size, seed),
            answers(accuracy, num_images=num_images, seed=100 * len(strategy) + seed),
            parameters=100 * 10 ** (len(strategy) % 6),
        )
        for seed, accuracy in enumerate(accuracies)
    ]
    costs = tuple(Cost(seconds * (1 + 0.01 * seed), 512.0) for seed in range(len(accuracies)))
    return Entry(strategy, "backbone", size, tuple(made), costs)


def tournament(*entries: Entry) -> Tournament:
    """Put entries together."""
    sizes = tuple(dict.fromkeys(e.size for e in entries))
    return Tournament(entries, sizes, tuple(range(len(entries[0].results))), entries[0].results[0].image_ids)


def write(folder: Path, *entries: Entry) -> None:
    """Write the entries' cells, as the stage train_cell does."""
    for made in (made for e in entries for made in zip(e.results, e.costs, strict=True)):
        cells.write(folder / made[0].cell.name, *made)


def swept(rate: float, accuracies: tuple[float, ...], losses: tuple[float, ...]) -> Result:
    """Make up one rate of a sweep from its curves."""
    made = result(Cell("full", "backbone", 20, 0), answers(accuracies[-1], num_images=60, seed=0))
    history = tuple(
        {"epoch": number, "phase": 1, "train_loss": loss, "val_loss": loss, "val_accuracy": accuracy}
        for number, (accuracy, loss) in enumerate(zip(accuracies, losses, strict=True), start=1)
    )
    return replace(made, learning_rate=rate, history=history)


SWEEP = (
    swept(1e-6, (0.80, 0.80, 0.80, 0.80), (1.20, 1.19, 1.18, 1.18)),
    swept(1e-5, (0.80, 0.81, 0.82, 0.83), (1.19, 1.10, 1.05, 1.02)),
    swept(1e-4, (0.82, 0.90, 0.93, 0.94), (1.10, 0.70, 0.50, 0.40)),
    swept(1e-3, (0.85, 0.95, 0.97, 0.97), (1.00, 0.50, 0.35, 0.30)),
    swept(1e-2, (0.30, 0.55, 0.70, 0.78), (1.90, 1.40, 0.90, 0.70)),
)


def write_sweep(folder: Path) -> None:
    """Write a sweep in which the lowest rates under-train and the highest forgets."""
    for made in SWEEP:
        cells.write(folder / str(made.learning_rate), made, Cost(10.0, 512.0))
