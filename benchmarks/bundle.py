"""A finished line's bundle: its size, its answers against the line's own evaluation, and the time of `verify`.

Run, in a project whose line has run on a folder of images: python -m benchmarks.bundle [--rounds 5]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import bundle_answers
from transfer.data import dataset
from transfer.handoff import layout, pack

BUNDLE = Path("handoff/bundle")
CHECKS = ([str(BUNDLE), "--no-golden"], [f"{BUNDLE}.zip", "--no-golden"], [str(BUNDLE)])


def main(rounds: Annotated[int, typer.Option(help="turns of each check; medians are printed")] = 5) -> None:
    """Print everything, one figure a line."""
    size, ratio = pack.ratio(BUNDLE, layout.FOLDERS.values())
    print(f"{size:,} bytes, {ratio:.3f} times its ONNX and safetensors files")
    images = dataset.read(Path("data/ingested")).root
    for compare in (bundle_answers.compare_classifier, bundle_answers.compare_detector):
        with tempfile.TemporaryDirectory() as site:
            found = compare(BUNDLE, images, Path(site))
        print(", ".join(f"{name} {value:.3g}" for name, value in found.items()))
    turns = [[_seconds(check) for check in CHECKS] for _ in range(rounds)]
    for check, seconds in zip(CHECKS, zip(*turns, strict=True), strict=True):
        print(f"transferline verify {' '.join(check)}: {statistics.median(seconds):.2f} s")


def _seconds(arguments: list[str]) -> float:
    started = time.perf_counter()
    program = Path(sys.executable).with_name("transferline")
    subprocess.run([program, "verify", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    typer.run(main)
