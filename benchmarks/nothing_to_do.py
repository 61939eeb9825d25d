"""How long `dvc repro` takes when all is up to date, against an empty DVC project: turn by turn, medians.

Run, in a project whose line has run: python -m benchmarks.nothing_to_do [--rounds 7]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from transfer.errors import DataError

DVC = (sys.executable, "-m", "dvc")


def main(rounds: Annotated[int, typer.Option(help="turns of each")] = 7) -> None:
    """Print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name)
        subprocess.run([*DVC, "init", "--quiet", "--no-scm"], cwd=empty, check=True)
        (empty / "dvc.yaml").write_text("stages: {}\n")
        pairs = [(_seconds(Path()), _seconds(empty)) for _ in range(rounds + 1)][1:]
    line, nothing = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"dvc repro, all up to date: {line:.2f} s; in an empty project: {nothing:.2f} s; ratio {line / nothing:.2f}")


def _seconds(project: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run([*DVC, "repro"], cwd=project, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    if "up to date" not in done.stdout:
        msg = f"dvc repro had something to do in {project.resolve()}:\n{done.stdout}\nRun the line first: make run"
        raise DataError(msg)
    return seconds


if __name__ == "__main__":
    typer.run(main)
