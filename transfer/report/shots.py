"""Test pictures with what is true and what was answered."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from transfer.data.dataset import CORNERS, Dataset
from transfer.data.pixels import read_images
from transfer.report import embedded
from transfer.report.coco_files import Boxes
from transfer.report.embedded import Picture
from transfer.report.look import Look
from transfer.report.predictions import Predictions


@dataclass(frozen=True)
class Box:
    """Pixels of the original picture; `score` is None for a true box."""

    category: str
    score: float | None
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Shot:
    """A picture with its file and what is said about it; `good` is whether the answer is right.

    `confidence` is the classifier's, or the F1 of the boxes that were found.
    """

    picture: Picture
    file: str
    truth: str
    answer: str
    good: bool
    confidence: float
    boxes: tuple[Box, ...] = ()

    @property
    def said(self) -> str:
        """The picture in words."""
        return f"{self.file}: {self.truth}; found: {self.answer}"


def of_classifier(data: Dataset, predictions: Predictions, rows: Sequence[int], *, side: int) -> list[Shot]:
    """Return pictures of the given rows with their class and the answer."""
    table = predictions.table.iloc[list(rows)].to_dict("records")
    pictures = _pictures(data, [row["image_id"] for row in table], side)
    return [
        Shot(
            picture=pictures[int(row["image_id"])],
            file=row["file"],
            truth=row["label"],
            answer=row["predicted"],
            good=row["label"] == row["predicted"],
            confidence=float(row["confidence"]),
        )
        for row in table
    ]


def of_detector(data: Dataset, boxes: Boxes, quality: Mapping[int, float], *, look: Look) -> list[Shot]:
    """Return pictures with true boxes and those found with enough score; `quality` maps ids to F1."""
    pictures = _pictures(data, list(quality), look.picture_side)
    shots = []
    for image_id, f1 in quality.items():
        truth = boxes.truth[boxes.truth["image_id"] == image_id]
        found = boxes.found[(boxes.found["image_id"] == image_id) & (boxes.found["score"] >= look.shown_score)]
        found = found.sort_values("score", ascending=False, kind="stable")
        shots.append(
            Shot(
                picture=pictures[image_id],
                file=boxes.files[image_id],
                truth="true: " + (_counted(truth["category"]) or "none"),
                answer=", ".join(_scored(found)) or "nothing found",
                good=f1 == 1.0,
                confidence=f1,
                boxes=(*_boxes(truth), *_boxes(found)),
            )
        )
    return shots


def _pictures(data: Dataset, image_ids: Iterable[int], side: int) -> dict[int, Picture]:
    wanted = list(dict.fromkeys(map(int, image_ids)))
    found = read_images(data, wanted, num_threads=1)
    return {image_id: embedded.from_pixels(pixels, side=side) for image_id, pixels in found}


def _boxes(table: pd.DataFrame) -> list[Box]:
    return [
        Box(
            category=row["category"],
            score=row.get("score"),
            left=row[CORNERS[0]],
            top=row[CORNERS[1]],
            width=row[CORNERS[2]] - row[CORNERS[0]],
            height=row[CORNERS[3]] - row[CORNERS[1]],
        )
        for row in table.to_dict("records")
    ]


def _scored(found: pd.DataFrame) -> list[str]:
    """Name each category once, with its scores: "scratches 90, 75 %"."""
    return [
        f"{name} {', '.join(f'{100 * score:.0f}' for score in rows['score'])}\N{NO-BREAK SPACE}%"
        for name, rows in found.groupby("category", sort=False)
    ]


def _counted(names: pd.Series) -> str:
    counts = Counter(names.tolist())
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in counts.items())
