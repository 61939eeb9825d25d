"""Whether stored pictures can train a classifier at all."""

from collections.abc import Sequence

from transfer.data.views.shards import Split
from transfer.errors import DataError

ADVICE = "see ingest_data.label_from and split_data in params.yaml"


def require(names: Sequence[str], *, train: Split, val: Split) -> None:
    """Refuse pictures that a classifier cannot learn from.

    Raises:
        DataError: there are fewer than two classes, one of them has no picture in train, or val has none at all.
    """
    if len(names) < 2:
        found = f"only one class, {names[0]}" if names else "no image with a label"
        msg = f"the images have {found}; a classifier needs two classes or more. Add images of another: {ADVICE}"
        raise DataError(msg)
    shown = set(train.rows["label"].tolist())
    absent = [name for code, name in enumerate(names) if code not in shown]
    if absent:
        msg = f"no train image of {', '.join(absent)}; a classifier learns a class from its images. Add some: {ADVICE}"
        raise DataError(msg)
    if not len(val):
        msg = f"no labelled val image; training needs some to choose its best epoch by. Set a share for val: {ADVICE}"
        raise DataError(msg)
