"""What a classifier gets right and wrong, as pictures: confusion matrix, calibration, worst mistakes."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from transfer.data.reading import RGB
from transfer.data.views.shards import Split
from transfer.evaluation.classification import NUM_BINS, confusion, worst_first

matplotlib.use("agg")
COLUMNS = 4


def confusion_matrix(path: Path, probabilities: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
    """Draw counts, rows the true class; colours are shares of the row."""
    matrix = confusion(probabilities.argmax(1), labels, num_classes=len(names))
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    side = 2.5 + 0.6 * len(names)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        axes.text(
            column, row, str(count), ha="center", va="center", color="white" if shares[row, column] > 0.5 else "black"
        )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="answer", ylabel="truth", title=f"{np.trace(matrix)} of {matrix.sum()} right")
    _save(figure, path)


def calibration(path: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Draw accuracy against confidence; on the diagonal the model is as sure as it is right."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bins = np.clip(np.ceil(confidence * NUM_BINS).astype(int) - 1, 0, NUM_BINS - 1)
    counts = np.bincount(bins, minlength=NUM_BINS)
    accuracy = np.bincount(bins, weights=right, minlength=NUM_BINS) / np.maximum(counts, 1)
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.bar((np.arange(NUM_BINS) + 0.5) / NUM_BINS, accuracy, width=1 / NUM_BINS, edgecolor="white")
    axes.plot([0, 1], [0, 1], color="black", linewidth=1, linestyle="--")
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1), title="Calibration")
    _save(figure, path)


def worst_mistakes(
    path: Path, probabilities: np.ndarray, split: Split, names: Sequence[str], *, num_pictures: int
) -> None:
    """Draw the wrong answers given with the most confidence; without any, the right ones given with the least."""
    labels = split.rows["label"].to_numpy()
    answers, confidence = probabilities.argmax(1), probabilities.max(1)
    order, num_wrong = worst_first(probabilities, labels)
    title = (
        f"Wrong answers: {num_wrong} of {len(labels)}, the most confident first"
        if num_wrong
        else "No wrong answer; the least confident"
    )
    shown = order[:num_pictures]
    num_lines = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(2.2 * COLUMNS, 0.6 + 2.8 * num_lines), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(num_lines, COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, row in zip(grid.flat, shown, strict=False):
        truth, answer = names[labels[row]], names[answers[row]]
        _mistake(axes, split.pixels(np.array([row]))[0], f"is {truth}\nsaid {answer} ({confidence[row]:.0%})")
    _save(figure, path)


def _mistake(axes: Axes, picture: np.ndarray, caption: str) -> None:
    axes.imshow(picture[:, :, :RGB])
    axes.set_title(caption, fontsize=8)


def _save(figure: Figure, path: Path) -> None:
    # Without the version of matplotlib in it the file depends on the drawing alone.
    figure.savefig(path, dpi=110, metadata={"Software": None})
