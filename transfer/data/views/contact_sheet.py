"""Contact sheets: stored pictures side by side, each image's views in a row, boxes drawn, for people to look at."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from transfer import atomic
from transfer.data.dataset import CORNERS
from transfer.data.reading import RGB
from transfer.data.views import shards

MARGIN, CAPTION = 4, 14
SHOWN_VIEWS = 6
COLOURS = ("#ff5a36", "#2aa7ff", "#39d353", "#ffc400", "#c77dff", "#00d4c8", "#ff7ab8", "#b5e550")


def draw(folder: Path, path: Path, *, num_images: int) -> None:
    """Draw a sheet of training images, spread evenly over the split, into a PNG file."""
    facts = shards.read_facts(folder)
    split = shards.read_split(folder, "train")
    images = split.rows["image_id"].unique()
    chosen = (
        images[np.linspace(0, len(images) - 1, min(num_images, len(images))).astype(int)] if len(images) else images
    )
    columns = min(facts.num_views, SHOWN_VIEWS - 1) + 1
    cell = facts.image_size + MARGIN
    sheet = Image.new("RGB", (columns * cell + MARGIN, len(chosen) * (cell + CAPTION) + MARGIN), "white")
    for line, image_id in enumerate(chosen):
        rows = split.rows[split.rows["image_id"] == image_id].head(columns)
        top = MARGIN + line * (cell + CAPTION)
        ImageDraw.Draw(sheet).text((MARGIN, top), _caption(rows.iloc[0], facts), fill="black")
        for column, row in enumerate(rows["row"]):
            sheet.paste(_picture(split, int(row)), (MARGIN + column * cell, top + CAPTION))
    with atomic.replacing(path) as beside:
        sheet.save(beside, format="PNG")


def _caption(row: pd.Series, facts: shards.ShardFacts) -> str:
    label = f"{facts.names[row['label']]}: " if 0 <= row["label"] < len(facts.names) else ""
    return f"{label}{row['file']}"


def _picture(split: shards.Split, row: int) -> Image.Image:
    picture = Image.fromarray(split.pixels(np.array([row]))[0, :, :, :RGB])
    brush = ImageDraw.Draw(picture)
    shown = split.boxes[split.boxes["row"] == row]
    corners = shown[CORNERS].to_numpy() - (0, 0, 1, 1)
    for category, corner in zip(shown["category"].to_numpy(), corners.tolist(), strict=True):
        brush.rectangle(corner, outline=COLOURS[category % len(COLOURS)])
    return picture
