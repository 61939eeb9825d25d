"""Honour the split that came with the data, and fill what it lacks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from transfer.data.splitting import splits
from transfer.data.splitting.splits import Items
from transfer.errors import DataError


def is_supplied(images: pd.DataFrame) -> bool:
    """Whether any image names its split."""
    return bool(images["split"].notna().any())


def complete(images: pd.DataFrame, items: Items, *, shares: Mapping[str, float], seed: int) -> np.ndarray:
    """Return the supplied split of each image; splits that none has are carved out of train, group by group.

    Raises:
        DataError: some images name no split, a split is unknown, or none is train.
    """
    supplied = images["split"].to_numpy(dtype=object)
    _check(images["file"], supplied)
    missing = [name for name in splits.SPLITS if shares[name] > 0 and not (supplied == name).any()]
    if not missing:
        return supplied
    in_train = supplied == "train"
    result = supplied.copy()
    wanted = {name: shares[name] for name in ("train", *missing)}
    scaled = {name: share / sum(wanted.values()) for name, share in wanted.items()}
    result[in_train] = splits.assign(items[in_train], shares=scaled, seed=seed, scarce_class="train")
    return result


def _check(files: pd.Series, supplied: np.ndarray) -> None:
    unnamed = pd.isna(supplied)
    advice = "mend the source, or set split_data.use_supplied of params.yaml to false"
    if unnamed.any():
        msg = f"{unnamed.sum():,} of {len(supplied):,} images have no split, as {files[unnamed].iloc[0]!r}; {advice}"
        raise DataError(msg)
    unknown = sorted(set(supplied) - set(splits.SPLITS))
    if unknown:
        msg = f"unknown split(s) {', '.join(unknown)}, expected train, val and test; {advice}"
        raise DataError(msg)
    if "train" not in supplied:
        msg = f"the supplied split has no train images, only {', '.join(sorted(set(supplied)))}; {advice}"
        raise DataError(msg)
