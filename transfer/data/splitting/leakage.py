"""Measure how much of an evaluation split has been seen in training."""

import numpy as np
import pandas as pd

from transfer.errors import ValidationFailed

PAIRS_IN_MESSAGE = 10


def leaked(images: pd.DataFrame, split: np.ndarray, links: pd.DataFrame, *, into: str) -> np.ndarray:
    """Say of each image whether it is of the split `into` and linked to a train image, equal to one, or of its group.

    Returns bool [num_images], in the order of the rows. Images whose split is None belong to none.
    """
    pairs = crossing(images, split, links, into=into)
    seen = images["file"].isin(pairs["file"]).to_numpy()
    # Of several equal files only the first is linked to the others, so links alone miss the pairs among these.
    for column in ("group", "sha256"):
        seen = seen | images[column].isin(images[column][split == "train"].dropna()).to_numpy()
    return np.asarray((split == into) & seen)


def share(images: pd.DataFrame, split: np.ndarray, links: pd.DataFrame, *, into: str) -> float:
    """Return the share of the images of `into` that are linked to a train image; 0 where the split is empty."""
    return float(leaked(images, split, links, into=into).sum() / max(1, (split == into).sum()))


def crossing(images: pd.DataFrame, split: np.ndarray, links: pd.DataFrame, *, into: str) -> pd.DataFrame:
    """List the links between `into` and train, the strongest first: file, train_file, tier, score, overlap."""
    facts = pd.DataFrame({"file": images["file"].to_numpy(), "split": split}, index=images["image_id"].to_numpy())
    both = [_directed(links, facts, "image_a", "image_b"), _directed(links, facts, "image_b", "image_a")]
    pairs = pd.concat(both, ignore_index=True)
    pairs = pairs[(pairs["split"] == into) & (pairs["train_split"] == "train")].drop(columns=["split", "train_split"])
    order = {"overlap": False, "score": False, "file": True, "train_file": True}
    return pairs.sort_values(list(order), ascending=list(order.values()), ignore_index=True)


def check(images: pd.DataFrame, split: np.ndarray, links: pd.DataFrame, *, max_leak_share: float) -> None:
    """Stop where a larger share of val or test than allowed is linked to train.

    Raises:
        ValidationFailed: names the share and the worst pairs.
    """
    for into in ("test", "val"):
        found = share(images, split, links, into=into)
        if found > max_leak_share:
            files = images["file"][leaked(images, split, links, into=into)]
            lines = [
                f"the supplied split leaks: {len(files):,} of {(split == into).sum():,} {into} images ({found:.1%}) "
                f"are linked to a train image; split_data.max_leak_share allows {max_leak_share:.1%}",
                *_worst(crossing(images, split, links, into=into), files, into),
                "Take one side of each pair out, set split_data.use_supplied to false, or raise max_leak_share",
            ]
            raise ValidationFailed("\n".join(lines))


def _directed(links: pd.DataFrame, facts: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    ends = {"file": "file", "split": "split"}
    columns = {name: facts[column].loc[links[one]].to_numpy() for name, column in ends.items()}
    columns |= {f"train_{name}": facts[column].loc[links[other]].to_numpy() for name, column in ends.items()}
    return pd.DataFrame(columns | {name: links[name].to_numpy() for name in ("tier", "score", "overlap")})


def _worst(pairs: pd.DataFrame, files: pd.Series, into: str) -> list[str]:
    shown = pairs.head(PAIRS_IN_MESSAGE)
    lines = [f"  {row.file}  {row.train_file}  {row.tier}  {row.overlap:.0%} of the area" for row in shown.itertuples()]
    lines += [f"  ... and {len(pairs) - len(shown):,} more pairs"] if len(pairs) > len(shown) else []
    others = sorted(set(files) - set(pairs["file"]))
    lines += [f"  {file}  has a train image of its group, or its bytes" for file in others[:PAIRS_IN_MESSAGE]]
    return [f"  {into} image  train image  found by  overlap", *lines]
