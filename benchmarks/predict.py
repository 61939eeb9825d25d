"""Images per second of `transferline predict` against a bare onnxruntime loop with the same decoding, turn by turn.

Run: python -m benchmarks.predict BUNDLE [--task detection] [--threads 2] [--rounds 5]
"""

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import onnxruntime
import typer
from rich.console import Console
from rich.table import Table

from receiver import predicting
from receiver.standalone import predict
from transfer.data.drawing import generate

SIZE = 200
BATCH_SIZE = 32


def main(
    bundle: Path,
    task: str = "classification",
    threads: int = 2,
    rounds: Annotated[int, typer.Option(help="turns; medians are shown")] = 5,
    images_per_class: int = 200,
) -> None:
    """Print images per second and ratios; each side loads its model and answers for the same drawn images."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate.generate(folder / "images", preset="steel", images_per_class=images_per_class, image_size=SIZE, seed=0)
        files = sorted((folder / "images").iterdir())
        sides = _sides(bundle, task, files, folder / "out.jsonl", threads)
        rates: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, work in sides.items():
                started = time.perf_counter()
                work()
                rates[side].append(len(files) / (time.perf_counter() - started))
    _print(rates, title=f"{task}, {len(files)} PNG of {SIZE} px, {threads} thread(s), median of {rounds}")


def _sides(bundle: Path, task: str, files: list[Path], output: Path, threads: int) -> dict[str, Callable[[], object]]:
    options = predicting.Options(
        task=task,
        output=output,
        format="jsonl",
        threshold=None,
        batch_size=None,
        threads=threads,
        max_pixels=predict.MAX_PIXELS,
    )
    names = [str(file) for file in files]
    sides: dict[str, Callable[[], object]] = {
        "transferline predict": lambda: predicting.run(bundle, names, io.BytesIO(), options),
        "bare loop, one by one": lambda: _bare(bundle, task, files, threads, batch_size=1),
    }
    if task == "classification":
        batched = f"bare loop, batches of {BATCH_SIZE}"
        sides[batched] = lambda: _bare(bundle, task, files, threads, batch_size=BATCH_SIZE)
    return sides


def _bare(bundle: Path, task: str, files: list[Path], threads: int, *, batch_size: int) -> list[list[np.ndarray]]:
    """Do what is left when everything is left out: no checks, no threads of its own, no answers in words."""
    facts = predict.tasks(bundle)[task]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(bundle / facts["onnx"], options, providers=["CPUExecutionProvider"])
    name, found = facts["input"]["name"], []
    for start in range(0, len(files), batch_size):
        images = [predict.decode(file.read_bytes(), facts["input"]) for file in files[start : start + batch_size]]
        found.append(session.run(None, {name: np.stack(images) if task == "classification" else images[0]}))
    return found


def _print(rates: dict[str, list[float]], *, title: str) -> None:
    ours = rates["transferline predict"]
    table = Table("side", "images/s", "ours / this one, turn by turn", title=title)
    for side, values in rates.items():
        ratios = [mine / theirs for mine, theirs in zip(ours, values, strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        table.add_row(side, f"{statistics.median(values):.0f}", "" if side == "transferline predict" else spread)
    Console(width=100).print(table)


if __name__ == "__main__":
    typer.run(main)
