"""Images that must stay together: linked as duplicates, or of one group by name."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transfer.data.duplicates.duplicate_tables import Duplicates


def connected(images: pd.DataFrame, duplicates: Duplicates) -> np.ndarray:
    """Number the connected components of links, duplicate groups and the image table's column `group`.

    Returns int64 [num_images], in the order of the rows; groups are numbered by their first file, so that the order of
    the rows changes no group and no number.
    """
    rows = pd.Series(np.arange(len(images)), index=images["image_id"].to_numpy())
    pairs = [
        _rows_of(rows, duplicates.links["image_a"], duplicates.links["image_b"]),
        _chain(duplicates.groups["image_id"].map(rows), duplicates.groups["duplicate_group"]),
        _chain(pd.Series(np.arange(len(images))), images["group"].reset_index(drop=True)),
    ]
    first, second = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(len(images), len(images)))
    _, component = connected_components(graph, directed=False)
    return _numbered_by_first_file(component, images["file"].to_numpy(dtype=object))


def _rows_of(rows: pd.Series, image_a: pd.Series, image_b: pd.Series) -> np.ndarray:
    return np.stack([rows.loc[image_a].to_numpy(), rows.loc[image_b].to_numpy()]).astype(np.int64)


def _chain(rows: pd.Series, names: pd.Series) -> np.ndarray:
    """Link each row to the next one of the same name; rows without a name stay alone."""
    named = pd.DataFrame({"row": rows.to_numpy(), "name": names.to_numpy()}).dropna()
    after = named.groupby("name", sort=False)["row"].shift(-1)
    has_next = after.notna()
    return np.stack([named["row"][has_next].to_numpy(), after[has_next].to_numpy()]).astype(np.int64)


def _numbered_by_first_file(component: np.ndarray, files: np.ndarray) -> np.ndarray:
    by_file = np.argsort(files, kind="stable")
    numbers = np.empty(len(component), dtype=np.int64)
    numbers[by_file] = pd.factorize(component[by_file])[0]
    return numbers
