from pathlib import Path

import pandas as pd
import pytest

from transfer.data.dataset import write_table
from transfer.data.duplicates import duplicate_tables
from transfer.data.duplicates.links import GROUP_SCHEMA, LINK_SCHEMA
from transfer.errors import DataError


def test_tables_come_back(tmp_path: Path) -> None:
    table = pd.DataFrame([(1, 2, "overlap", 0.9, -3.0, 4.0, 0.5)], columns=LINK_SCHEMA.names)
    groups = pd.DataFrame([(1, 0), (2, 0)], columns=GROUP_SCHEMA.names)
    write_table(tmp_path / "links.parquet", table, LINK_SCHEMA)
    write_table(tmp_path / "groups.parquet", groups, GROUP_SCHEMA)
    found = duplicate_tables.read(tmp_path)
    assert table.to_dict("list") == found.links.to_dict("list")
    assert groups.to_dict("list") == found.groups.to_dict("list")


def test_no_tables_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run the stage find_duplicates first"):
        duplicate_tables.read(tmp_path)
