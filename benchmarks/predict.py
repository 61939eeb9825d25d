"""Images per second of `transferline predict` against a bare onnxruntime loop with the same decoding, turn by turn.

Run: python -m benchmarks.predict BUNDLE [--task detection] [--threads 2] [--rounds 5]
"""

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

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
        turns: dict[str, list[Turn]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, work in sides.items():
                turns[side].append(_measure(work, len(files)))
    _print(turns, title=f"{task}, {len(files)} PNG of {SIZE} px, {threads} thread(s), median of {rounds}")


class Turn(NamedTuple):
    """Images per second, and per second of processor time: on a machine with others at work the steadier number."""

    rate: float
    processor_rate: float


def _measure(work: Callable[[], object], num_images: int) -> Turn:
    started, used = time.perf_counter(), time.process_time()
    work()
    return Turn(num_images / (time.perf_counter() - started), num_images / (time.process_time() - used))


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


def _print(turns: dict[str, list[Turn]], *, title: str) -> None:
    ours = turns["transferline predict"]
    table = Table("side", "images/s", "ours / this one", "by processor time", title=title)
    for side, theirs in turns.items():
        ratios = [
            (mine.rate / other.rate, mine.processor_rate / other.processor_rate)
            for mine, other in zip(ours, theirs, strict=True)
        ]
        shown = [_spread(values) for values in zip(*ratios, strict=True)] if theirs is not ours else ["", ""]
        table.add_row(side, f"{statistics.median(turn.rate for turn in theirs):.0f}", *shown)
    Console(width=110).print(table)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    typer.run(main)
