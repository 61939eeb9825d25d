"""Divide the images into train, val and test, so that nothing linked straddles a split."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, PositiveInt, model_validator

from receiver.progress import say
from stages.entry import main
from stages.params import Params
from transfer import atomic
from transfer.data import dataset
from transfer.data.dataset import Dataset
from transfer.data.duplicates import duplicate_tables
from transfer.data.duplicates.duplicate_tables import Duplicates
from transfer.data.gate import result
from transfer.data.splitting import coverage, few_shot, leakage, picture, splits, supplied_split
from transfer.data.splitting.groups import connected
from transfer.data.splitting.splits import Items
from transfer.data.splitting.summary import describe, summarize

Share = Field(ge=0, le=1)


class Shares(Params):
    """What part of the images goes where."""

    train: float = Field(gt=0, le=1)
    val: float = Share
    test: float = Share

    @model_validator(mode="after")
    def _sum_to_one(self) -> "Shares":
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            msg = f"the shares sum to {total:g}, expected 1"
            raise ValueError(msg)
        return self


class SplitDataParams(Params):
    """How to divide, and how much leakage a supplied split may have."""

    strategy: Literal["grouped", "random"]
    use_supplied: bool
    shares: Shares
    seed: int = Field(ge=0, lt=2**32)
    scarce_class: Literal["fail", "train"]
    max_leak_share: float = Share
    train_images_per_class: PositiveInt | None


def run(
    params: SplitDataParams,
    *,
    ingested: Path = Path("data/ingested"),
    duplicates: Path = Path("data/duplicates"),
    validation: Path = Path("reports/validation"),
    out: Path = Path("data/splits"),
) -> None:
    """Write splits.parquet, summary.json and split.png."""
    result.require_success(validation)
    found, linked = dataset.read(ingested), duplicate_tables.read(duplicates)
    files = found.images["file"].to_numpy(dtype=object)
    items = Items(files, splits.strata(found), connected(found.images, linked))
    split = _limited(params, items, _split(params, found, linked, items))
    labels = found.images["label"]
    coverage.require_in_train(labels, split)
    summary = summarize(found.images, items, split, linked.links)
    table = pd.DataFrame({"image_id": found.images["image_id"], "split": split}).dropna()
    with atomic.replacing_folder(out) as folder:
        dataset.write_table(folder / "splits.parquet", table, splits.SPLIT_SCHEMA)
        atomic.write_json(folder / "summary.json", summary)
        picture.draw(summary, folder / "split.png")
    say("\n".join([describe(summary), *coverage.describe(coverage.absent(labels, split))]))


def _split(params: SplitDataParams, found: Dataset, linked: Duplicates, items: Items) -> np.ndarray:
    shares = params.shares.model_dump()
    if params.use_supplied and supplied_split.is_supplied(found.images):
        # As supplied: carving val out of train could hide a link between train and test.
        supplied = found.images["split"].to_numpy(dtype=object)
        leakage.check(found.images, supplied, linked.links, max_leak_share=params.max_leak_share)
        return supplied_split.complete(found.images, items, shares=shares, seed=params.seed)
    divided = items if params.strategy == "grouped" else items.ungrouped()
    return splits.assign(divided, shares=shares, seed=params.seed, scarce_class=params.scarce_class)


def _limited(params: SplitDataParams, items: Items, split: np.ndarray) -> np.ndarray:
    limit = params.train_images_per_class
    return split if limit is None else few_shot.limited(items, split, train_images_per_class=limit, seed=params.seed)


if __name__ == "__main__":
    main(run)
