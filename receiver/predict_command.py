"""`transferline predict`: answers for files, folders, patterns, zips or standard input."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from receiver.mistakes import mistakes

UNREADABLE = 1


def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder or zip; checked before it is used.")],
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Files, folders, patterns, zips, or - for an image or a list of them."),
    ],
    task: Annotated[
        str | None, typer.Option(help="classification or detection; without it the first that the bundle has.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="PATH", help="File, or folder of pictures; otherwise standard output.")
    ] = None,
    format: Annotated[Literal["jsonl", "csv", "coco", "pictures"], typer.Option(help="What is written.")] = "jsonl",
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Boxes below are left out, labels below are not sure.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Images of one size that run together; without it, what suits the model.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Without it, as many as there are processors.")] = None,
    max_pixels: Annotated[int, typer.Option(min=1, help="Larger images are not decoded.")] = 100_000_000,
) -> None:
    """Answer for images with the models of a bundle; exit code 1 if any could not be read, 2 if nothing was done."""
    with mistakes():
        # onnxruntime takes a moment to import, which other commands need not wait for.
        from receiver import predicting

        options = predicting.Options(task, output, format, threshold, batch_size, threads or cores(), max_pixels)
        count, unreadable = predicting.run(bundle, inputs, sys.stdin.buffer, options)
    if unreadable:
        lines = "\n".join(f"  {line}" for line in unreadable)
        print(f"transferline: {len(unreadable):,} could not be read, of {count:,}:\n{lines}", file=sys.stderr)
        raise typer.Exit(UNREADABLE)


def cores() -> int:
    """Count the processors that this process may use: not all of the machine's, where it was given fewer."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
