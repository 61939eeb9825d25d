"""Measure how far the images are from the backbone's source, and say which strategy to try first."""

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt

from receiver.progress import say
from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic, checkpoint
from transfer import runtime as machines
from transfer.data import dataset
from transfer.data.duplicates import duplicate_tables
from transfer.data.splitting.groups import connected
from transfer.selection import advice, decision_map, decision_table, sentences, situation
from transfer.selection.domain_distance import Probing


class AdviseParams(Params):
    """How the distance is measured."""

    folds: int = Field(ge=2)
    c: PositiveFloat
    max_images: PositiveInt
    batch_size: PositiveInt


def run(
    params: AdviseParams,
    runtime: Runtime,
    *,
    ingested: Path = Path("data/ingested"),
    duplicates: Path = Path("data/duplicates"),
    data: Path = Path("data/augmented/classifier"),
    backbone: Path = Path("models/backbone"),
    table: Path = Path("selection/decision_table.csv"),
    out: Path = Path("reports/advice"),
) -> None:
    """Write advice.json, advice.md and map.png."""
    # In fp32: what tells pictures apart in random weights' features would be lost in bf16.
    machine = machines.prepare(**{**runtime.model_dump(), "precision": "fp32"})
    rules = decision_table.read(table)
    images = dataset.read(ingested).images
    groups = dict(zip(images["image_id"], connected(images, duplicate_tables.read(duplicates)), strict=True))
    probing = Probing(params.folds, params.c, runtime.seed)
    measured = situation.measure(
        checkpoint.load(backbone),
        data,
        groups,
        machine,
        probing=probing,
        max_images=params.max_images,
        batch_size=params.batch_size,
    )
    found = advice.advise(measured, rules)
    said = sentences.sentences(found)
    with atomic.replacing_folder(out) as folder:
        atomic.write_json(folder / "advice.json", {**found.facts(), "sentences": said})
        atomic.write_text(folder / "advice.md", sentences.page(found))
        decision_map.draw(rules, measured, folder / "map.png")
    say("\n".join([*said, f"To try it: {found.comparison()}"]))


if __name__ == "__main__":
    main(run)
