"""Answer for all that a command line names, with a bundle that was found good."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from receiver import inputs
from receiver.answers import answers, choose_batch_size
from receiver.formats import FORMATS
from receiver.progress import track
from receiver.standalone import predict, verify


@dataclass(frozen=True)
class Options:
    """What was asked for; None is the first task, the bundle's own threshold, the batch size that suits."""

    task: str | None
    output: Path | None
    format: str
    threshold: float | None
    batch_size: int | None
    threads: int
    max_pixels: int


def run(bundle: Path, names: list[str], stdin: BinaryIO, options: Options) -> tuple[int, list[str]]:
    """Write the answers; return how much was named, and what could not be read with the reasons.

    Raises:
        BadBundle, BundleError: the bundle is not as it was packed, or has no such task.
        UsageError: the output cannot be written there, or not in this format.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(verify.opened(bundle))
        found = inputs.find(names, stdin, stack)
        # Few images leave threads over: each run takes its share of them.
        threads_per_run = max(1, options.threads // max(1, len(found.items)))
        task = options.task or next(iter(predict.tasks(folder)))
        model = predict.load(folder, task, threads_per_run)
        model.threshold = model.threshold if options.threshold is None else options.threshold
        render, write = stack.enter_context(FORMATS[options.format](model, options.output))
        results = answers(
            model,
            found.items,
            render,
            batch_size=options.batch_size or choose_batch_size(model),
            threads=options.threads,
            max_pixels=options.max_pixels,
        )
        unreadable = [*found.refused]
        bar = options.output is not None or not sys.stdout.isatty()
        for result in track(results, "images", total=len(found.items), bar=bar):
            if result.reason is None:
                write(result.rendered)
            else:
                unreadable.append(f"{result.name}: {result.reason}")
    return len(found.items) + len(found.refused), unreadable
