"""Decode every image once into uint8 shards at training size, with seeded augmented views of the training split."""

from pathlib import Path

import pandas as pd
from pydantic import Field

from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic
from transfer.data import dataset
from transfer.data.views import contact_sheet, store
from transfer.data.views.rendering import Style


class StyleParams(Params):
    """`num_views` are augmented pictures stored per training image, besides the image itself."""

    image_size: int = Field(ge=16, le=4096, multiple_of=8)
    num_views: int = Field(ge=0)
    policy: str


class AugmentDataParams(Params):
    """Pictures for the two models; `sheet_images` are shown on the contact sheets."""

    classifier: StyleParams
    detector: StyleParams
    sheet_images: int = Field(ge=1, le=64)


def run(
    params: AugmentDataParams,
    runtime: Runtime,
    *,
    ingested: Path = Path("data/ingested"),
    splits: Path = Path("data/splits"),
    classifier: Path = Path("data/augmented/classifier"),
    detector: Path = Path("data/augmented/detector"),
    sheets: Path = Path("reports/augmentation"),
) -> None:
    """Write both sets of shards and the contact sheets."""
    data = dataset.read(ingested)
    assigned = pd.read_parquet(splits / "splits.parquet")
    styles = {
        "classifier": Style(**params.classifier.model_dump(), keep_shape=False),
        "detector": Style(**params.detector.model_dump(), keep_shape=True),
    }
    with atomic.replacing_folder(classifier) as first, atomic.replacing_folder(detector) as second:
        folders = {"classifier": first, "detector": second}
        store.write(folders, data, assigned, styles, seed=runtime.seed, workers=runtime.threads)
    with atomic.replacing_folder(sheets) as folder:
        for name, shards in (("classifier", classifier), ("detector", detector)):
            contact_sheet.draw(shards, folder / f"{name}.png", num_images=params.sheet_images)


if __name__ == "__main__":
    main(run)
