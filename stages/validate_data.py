"""Stop the line where the data are not fit to train on, and say why."""

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from receiver.progress import say
from stages.entry import main
from stages.params import Params
from transfer import atomic
from transfer.data import dataset
from transfer.data.duplicates import duplicate_tables
from transfer.data.gate import judgement
from transfer.data.gate.page import render
from transfer.data.gate.rules import Thresholds


class ThresholdParams(Params):
    """Where the gate draws its lines."""

    min_images: PositiveInt
    min_classes: PositiveInt
    min_images_per_class: NonNegativeInt
    min_boxes_per_category: NonNegativeInt
    max_imbalance: float = Field(ge=1)
    min_side: PositiveInt
    max_side: PositiveInt
    max_aspect: float = Field(ge=1)
    min_box_side: float = Field(ge=0)
    max_boxes_per_image: PositiveInt
    max_linked_share: float = Field(ge=0, le=1)
    max_dropped_share: float = Field(ge=0, le=1)


class ValidateDataParams(Params):
    """What is expected, and which findings stop the line."""

    thresholds: ThresholdParams
    findings: dict[str, Literal["fail", "warn"]]
    data_docs: str | None


def run(
    params: ValidateDataParams,
    *,
    ingested: Path = Path("data/ingested"),
    duplicates: Path = Path("data/duplicates"),
    out: Path = Path("reports/validation"),
) -> None:
    """Write result.json and index.html, then stop the line if anything fails."""
    found = dataset.read(ingested)
    verdict = judgement.judge(
        found,
        duplicate_tables.read(duplicates),
        judgement.read_ingest_findings(ingested / "findings.parquet"),
        thresholds=Thresholds(**params.thresholds.model_dump()),
        policy=params.findings,
        data_docs=Path(params.data_docs) if params.data_docs else None,
    )
    with atomic.replacing_folder(out) as folder:
        atomic.write_json(folder / "result.json", judgement.as_json(verdict))
        atomic.write_text(folder / "index.html", render(verdict, found, pairs=duplicates / "pairs"))
    judgement.require_success(verdict, out / "index.html")
    say(f"passed: {len(found.images):,} images; {judgement.describe(verdict)}")


if __name__ == "__main__":
    main(run)
