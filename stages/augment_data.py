"""Decode every image once into uint8 shards at training size, with seeded augmented views of the training split."""

from pathlib import Path

import pandas as pd
from pydantic import Field, PositiveFloat, PositiveInt

from stages.entry import main
from stages.params import Params, Runtime
from transfer import atomic
from transfer.data import dataset
from transfer.data.views import contact_sheet, store
from transfer.data.views.contrast import Clahe
from transfer.data.views.rendering import Style


class ClaheParams(Params):
    """Local contrast evened out in a share of the augmented pictures."""

    share: float = Field(ge=0, le=1)
    clip_limit: PositiveFloat
    grid: PositiveInt


class StyleParams(Params):
    """`num_views` are augmented pictures stored per training image, besides the image itself."""

    image_size: int = Field(ge=16, le=4096, multiple_of=8)
    num_views: int = Field(ge=0)
    policy: str
    clahe: ClaheParams

    def style(self, *, keep_shape: bool) -> Style:
        """Return the same for the library."""
        clahe = Clahe(**self.clahe.model_dump())
        return Style(self.image_size, self.num_views, self.policy, keep_shape=keep_shape, clahe=clahe)


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
        "classifier": params.classifier.style(keep_shape=False),
        "detector": params.detector.style(keep_shape=True),
    }
    with atomic.replacing_folder(classifier) as first, atomic.replacing_folder(detector) as second:
        folders = {"classifier": first, "detector": second}
        store.write(folders, data, assigned, styles, seed=runtime.seed, workers=runtime.threads)
    with atomic.replacing_folder(sheets) as folder:
        for name, shards in (("classifier", classifier), ("detector", detector)):
            contact_sheet.draw(shards, folder / f"{name}.png", num_images=params.sheet_images)


if __name__ == "__main__":
    main(run)
