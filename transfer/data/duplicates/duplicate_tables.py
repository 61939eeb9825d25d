"""Read what the search for duplicates has found."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transfer.data.duplicates.links import GROUP_SCHEMA, LINK_SCHEMA
from transfer.errors import DataError


@dataclass(frozen=True)
class Duplicates:
    """`links` and `groups` follow LINK_SCHEMA and GROUP_SCHEMA."""

    links: pd.DataFrame
    groups: pd.DataFrame


def read(folder: Path) -> Duplicates:
    """Read links.parquet and groups.parquet.

    Raises:
        DataError: the folder holds no result of the search for duplicates.
    """
    try:
        return Duplicates(
            links=pd.read_parquet(folder / "links.parquet", columns=LINK_SCHEMA.names),
            groups=pd.read_parquet(folder / "groups.parquet", columns=GROUP_SCHEMA.names),
        )
    except FileNotFoundError as error:
        msg = f"{error.filename}: not found; run the stage find_duplicates first"
        raise DataError(msg) from error
