"""Write what the search for duplicates found: tables, counts and pictures."""

from pathlib import Path

import numpy as np
import pandas as pd

from receiver.progress import say
from transfer import atomic
from transfer.data.dataset import Dataset, write_table
from transfer.data.duplicates import links as linking
from transfer.data.duplicates.links import Link
from transfer.data.duplicates.pair_pictures import Shown, draw_pair
from transfer.data.pixels import read_images


def write_report(folder: Path, dataset: Dataset, links: pd.DataFrame, *, plain: list[int], num_pictures: int) -> None:
    """Write links.parquet, groups.parquet, summary.json and pairs/*.png into a folder that exists.

    `plain` are the ids of images that show too little to be compared.
    """
    groups = linking.groups(dataset.images["image_id"], links)
    write_table(folder / "links.parquet", links, linking.LINK_SCHEMA)
    write_table(folder / "groups.parquet", groups, linking.GROUP_SCHEMA)
    shown = _draw_pairs(folder / "pairs", dataset, _chosen(links, groups, num_pictures))
    summary = summarize(groups, links)
    say("{num_linked_images:,} of {num_images:,} images are linked, in {num_groups:,} groups".format_map(summary))
    names = dataset.images.set_index("image_id")["file"]
    atomic.write_json(folder / "summary.json", summary | {"plain_images": names[plain].tolist(), "pictures": shown})


def summarize(groups: pd.DataFrame, links: pd.DataFrame) -> dict[str, object]:
    """Count linked images, groups of at least two and links of each tier."""
    sizes = groups["duplicate_group"].value_counts()
    sizes = sizes[sizes > 1]
    return {
        "num_images": len(groups),
        "num_linked_images": int(sizes.sum()),
        "num_groups": len(sizes),
        "largest_group": int(sizes.max()) if len(sizes) else 0,
        "num_links": {tier: int((links["tier"] == tier).sum()) for tier in linking.TIERS},
    }


def _chosen(links: pd.DataFrame, groups: pd.DataFrame, most: int) -> list[Link]:
    """Choose at most `most` links of different groups, from the smallest overlap to the largest."""
    numbers = groups.set_index("image_id")["duplicate_group"]
    one_each = links.assign(group=links["image_a"].map(numbers)).drop_duplicates("group")
    ordered = one_each.sort_values(["overlap", "image_a", "image_b"])[linking.LINK_SCHEMA.names]
    places = np.unique(np.linspace(0, len(ordered) - 1, min(most, len(ordered))).round().astype(int))
    return [Link(*row) for row in ordered.iloc[places].itertuples(index=False)]


def _draw_pairs(folder: Path, dataset: Dataset, chosen: list[Link]) -> list[dict[str, str | int | float]]:
    folder.mkdir()
    names = dataset.images.set_index("image_id")["file"]
    shown = []
    for number, link in enumerate(chosen):
        pair = read_images(dataset, [link.image_a, link.image_b], num_threads=1)
        first, second = (Shown(names[image_id], pixels) for image_id, pixels in pair)
        file = f"pairs/{number:03d}.png"
        with atomic.replacing(folder / Path(file).name) as beside:
            draw_pair(link, first, second).save(beside, format="PNG", optimize=True)
        shown.append({"picture": file, "file_a": first.name, "file_b": second.name, **link._asdict()})
    return shown
