"""The classifier's answers, image by image, as a table."""

from io import BytesIO

import pandas as pd


def parse(data: bytes) -> pd.DataFrame:
    """Read a table of answers, of either form; names stay text whatever they look like."""
    table = pd.read_csv(BytesIO(data), dtype=str, keep_default_na=False)
    table = table.rename(columns={"truth": "label", "answer": "predicted"})
    # An image without a hash is found by its name.
    return table.assign(sha256=table["sha256"].replace("", None)) if "sha256" in table else table
