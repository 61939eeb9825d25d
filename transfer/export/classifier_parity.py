"""Hold the exported classifier against torch on original images."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transfer.errors import ParityError
from transfer.export.session import open_session
from transfer.models.classifier_program import ClassifierProgram

Labelled = tuple[np.ndarray, int]


def measure(
    program: ClassifierProgram, path: Path, images: Iterable[Labelled], *, batch_size: int, threads: int
) -> dict[str, Any]:
    """Run (uint8 [height, width, channels], label) pairs through both and compare answers and probabilities."""
    session = open_session(path, threads=threads)
    right_torch = right_onnx = count = disagreements = 0
    largest = 0.0
    for batch, labels in batches_of_one_size(images, batch_size=batch_size):
        with torch.inference_mode():
            expected = program(torch.from_numpy(batch)).numpy()
        (found,) = session.run(None, {session.get_inputs()[0].name: batch})
        largest = max(largest, float(np.abs(found - expected).max()))
        right_torch += int((expected.argmax(1) == labels).sum())
        right_onnx += int((found.argmax(1) == labels).sum())
        disagreements += int((found.argmax(1) != expected.argmax(1)).sum())
        count += len(labels)
    return {
        "accuracy_torch": right_torch / count,
        "accuracy_onnx": right_onnx / count,
        "max_abs_difference": largest,
        "num_disagreements": disagreements,
        "num_images": count,
    }


def require(result: dict[str, Any], *, max_abs_difference: float, max_accuracy_difference: float) -> None:
    """Refuse an export whose answers differ too much.

    Raises:
        ParityError: a difference is above its limit; the message has both.
    """
    accuracy = abs(result["accuracy_torch"] - result["accuracy_onnx"])
    largest = result["max_abs_difference"]
    if accuracy > max_accuracy_difference or largest > max_abs_difference:
        msg = (
            f"onnxruntime and torch differ on {result['num_images']} test images: accuracy by "
            f"{accuracy:.6f} (limit {max_accuracy_difference}), a probability by {largest:.2e} (limit "
            f"{max_abs_difference}). The file is not to be used; see the versions of torch, onnx and onnxruntime"
        )
        raise ParityError(msg)


def batches_of_one_size(images: Iterable[Labelled], *, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Stack neighbours of the same height and width, at most `batch_size` of them."""
    waiting: list[Labelled] = []
    for image, label in images:
        if waiting and (len(waiting) == batch_size or waiting[0][0].shape != image.shape):
            yield _stacked(waiting)
            waiting = []
        waiting.append((image, label))
    if waiting:
        yield _stacked(waiting)


def _stacked(waiting: list[Labelled]) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([image for image, _ in waiting]), np.array([label for _, label in waiting])
