"""How much faster the line warms up and fine-tunes than the usual loop: both on the same files, turn by turn.

Run: python -m benchmarks.training [--rounds 3]
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from transfer.data import dataset
from transfer.data.drawing import generate

NUM_CLASSES, PER_CLASS, SOURCE_SIZE, SIZE = 6, 200, 200, 128
EPOCHS = 20
# Of each image: itself and two augmented views.
PICTURES = 3


def main(rounds: Annotated[int, typer.Option(help="turns; medians are shown")] = 3, threads: int = 2) -> None:
    """Print seconds and ratios, measured in turns so that noise of the machine meets both sides."""
    results: dict[str, list[dict[str, float]]] = {
        name: [] for name in ("usual frozen", "warmup", "usual all", "finetune")
    }
    with tempfile.TemporaryDirectory() as name:
        ingested, folders = _draw(Path(name))
        for _ in range(rounds):
            results["usual frozen"].append(_run("usual_loop", folders, "frozen", threads, huge_pages=False))
            results["warmup"].append(_run("line_loop", ingested, "warmup", threads, huge_pages=True))
            results["usual all"].append(_run("usual_loop", folders, "all", threads, huge_pages=False))
            results["finetune"].append(_run("line_loop", ingested, "finetune", threads, huge_pages=True))
    _print({name: {key: statistics.median(r[key] for r in rows) for key in rows[0]} for name, rows in results.items()})


def _draw(folder: Path) -> tuple[Path, Path]:
    """Draw 1,200 pictures of 200 pixels; lay them out as an ingested data set and, by links, as an ImageFolder."""
    ingested, folders = folder / "ingested", folder / "folders"
    drawn = generate.generate(
        ingested / "images", preset="steel", images_per_class=PER_CLASS, image_size=SOURCE_SIZE, seed=0
    )
    dataset.write(ingested, drawn)
    for row in drawn.images.itertuples():
        (folders / row.label).mkdir(parents=True, exist_ok=True)
        os.link(ingested / "images" / row.file, folders / row.label / row.file)
    return ingested, folders


def _run(module: str, folder: Path, job: str, threads: int, *, huge_pages: bool) -> dict[str, float]:
    command = [sys.executable, "-m", f"benchmarks.{module}", str(folder), job, str(SIZE), str(threads)]
    environment = os.environ | {"THP_MEM_ALLOC_ENABLE": "1" if huge_pages else "0"}
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)  # type: ignore[no-any-return]


def _print(medians: dict[str, dict[str, float]]) -> None:
    num_images = NUM_CLASSES * PER_CLASS
    usual = medians["usual frozen"]["epoch"] * EPOCHS
    warmup = medians["warmup"]
    table = Table(
        *("work", "usual loop", "this line", "ratio", "per picture seen"),
        title=f"{num_images} images, ResNet-18 at {SIZE} px, medians",
        caption=f"An epoch of the usual loop sees each image once, an epoch of the line's warm-up {PICTURES} times.",
    )
    for what, seconds in {
        "with decoding and augmentation": sum(warmup.values()),
        "the stage: features, then the head": warmup["features"] + warmup["epochs"],
        "the head's epochs alone": warmup["epochs"],
    }.items():
        ratio = usual / seconds
        times = f"{usual:.1f} s", f"{seconds:.1f} s"
        table.add_row(f"warm-up, {EPOCHS} epochs, {what}", *times, f"{ratio:.1f}", f"{PICTURES * ratio:.0f}")
    slow, fast = (num_images / medians[name]["epoch"] for name in ("usual all", "finetune"))
    ratio = fast / slow
    table.add_row("fine-tuning", f"{slow:.1f} images/s", f"{fast:.1f} images/s", f"{ratio:.1f}", f"{ratio:.1f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
