"""Find the same image in two image tables: by its bytes first, then by its name."""

import pandas as pd

BOTH = ["old", "new"]


def match(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Pair the rows of two image tables; returns `old` and `new`, the places of the rows, ordered by `old`.

    Both have a column `file`, and may have `sha256`. An image is found by bytes and name, else by bytes alone (the
    first of several by name), else by name alone. Each row is in one pair at most.
    """
    left, right = _keys(old), _keys(new)
    found = []
    for keys in (["sha256", "file"], ["sha256", "copy"], ["file"]):
        pairs = _joined(left, right, keys)
        found.append(pairs)
        left = left[~left["place"].isin(pairs["old"])]
        right = right[~right["place"].isin(pairs["new"])]
    return pd.concat(found, ignore_index=True).sort_values("old", ignore_index=True)


def _keys(images: pd.DataFrame) -> pd.DataFrame:
    sha256 = images["sha256"] if "sha256" in images else pd.Series(None, index=images.index, dtype=object)
    table = pd.DataFrame({"file": images["file"].to_numpy(), "sha256": sha256.to_numpy(), "place": range(len(images))})
    return table.sort_values("file", kind="stable", ignore_index=True)


def _joined(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    sides = [_countable(table, keys) for table in (left, right)]
    both = sides[0].merge(sides[1], on=keys, suffixes=("_old", "_new"))
    return both[["place_old", "place_new"]].set_axis(BOTH, axis=1).astype("int64")


def _countable(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    known = table.dropna(subset=[key for key in keys if key != "copy"])
    # Equal images are told apart by their number among those that are left.
    known = known.assign(copy=known.groupby("sha256").cumcount()) if "copy" in keys else known
    return known.drop_duplicates(subset=keys)[[*keys, "place"]]
