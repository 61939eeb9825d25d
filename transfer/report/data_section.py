"""What the page says about the data: the gate, the classes in each split, duplicates, pictures."""

from pathlib import Path
from typing import Any

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.pixels import read_images
from transfer.report import choice, embedded, evidence
from transfer.report.look import Look

SPLITS = ("train", "val", "test")
MOST_CLASSES = 60
MOST_SHOWN = 12
MOST_PAIRS = 3
SHEET_SIDE, PAIR_SIDE = 1000, 900


def build(
    data: Dataset,
    splits: Path,
    duplicates: Path,
    validation: Path,
    *,
    augmentation: Path,
    look: Look,
) -> dict[str, Any]:
    """Gather counts and pictures."""
    result = evidence.read_json(validation / "result.json")
    summary = evidence.read_json(splits / "summary.json")
    assigned = pd.read_parquet(splits / "splits.parquet")
    boxes = data.boxes["category"].value_counts()
    return {
        "num_images": len(data.images),
        "num_boxes": len(data.boxes),
        "labels": data.labels,
        "categories": data.categories,
        "fingerprint": data.fingerprint,
        "gate": {
            "success": result["success"],
            "findings": result["counts"],
            "warnings": sum(1 for kind in result["counts"] if kind["action"] == "warn"),
            "checks": len(result["expectations"]),
        },
        "split": summary,
        "classes": class_rows(summary)[:MOST_CLASSES],
        "num_classes": len(class_rows(summary)),
        "boxes": [{"name": name, "count": int(boxes.get(name, 0))} for name in data.categories],
        "duplicates": evidence.read_json(duplicates / "summary.json"),
        "pairs": [
            embedded.from_file(path, side=PAIR_SIDE)
            for path in sorted((duplicates / "pairs").glob("*.png"))[:MOST_PAIRS]
        ],
        "gallery": _gallery(data, assigned, look.class_pictures, look.picture_side),
        "sheets": [
            {"name": path.stem, "picture": embedded.from_file(path, side=SHEET_SIDE)}
            for path in sorted(augmentation.glob("*.png"))
        ],
    }


def class_rows(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the images of each class per split, the largest class first; shares are of the largest class."""
    counts = {split: summary["splits"][split]["classes"] for split in SPLITS}
    names = sorted({name for classes in counts.values() for name in classes})
    rows = [{"name": name, **{split: counts[split].get(name, 0) for split in SPLITS}} for name in names]
    for row in rows:
        row["total"] = sum(row[split] for split in SPLITS)
    largest = max([1, *(row["total"] for row in rows)])
    return sorted(
        ({**row, "shares": {split: row[split] / largest for split in SPLITS}} for row in rows),
        key=lambda row: (-row["total"], row["name"]),
    )


def _gallery(data: Dataset, assigned: pd.DataFrame, number: int, side: int) -> list[dict[str, Any]]:
    """Return training pictures of the first classes, evenly chosen; of data without labels, of all together."""
    ids = assigned.loc[assigned["split"] == "train", "image_id"]
    images = data.images[data.images["image_id"].isin(ids)]
    groups = [(name, images[images["label"] == name]) for name in data.labels[:MOST_SHOWN]] or [("all", images)]
    chosen = {name: choice.evenly(rows["image_id"].tolist(), number) for name, rows in groups}
    files = images.set_index("image_id")["file"]
    pictures = dict(read_images(data, [i for ids in chosen.values() for i in ids], num_threads=1))
    return [
        {
            "name": name,
            "pictures": [(files[image_id], embedded.from_pixels(pictures[image_id], side=side)) for image_id in ids],
        }
        for name, ids in chosen.items()
    ]
