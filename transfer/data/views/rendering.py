"""Decode each image of a split once and draw every stored picture of it: plain and augmented, at each size."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from transfer.data.dataset import CORNERS, Dataset
from transfer.data.pixels import read_images
from transfer.data.reading import RGB
from transfer.data.resize import letterbox, resize
from transfer.data.seeds import derive
from transfer.data.views import augmentation
from transfer.data.views.contrast import Clahe
from transfer.errors import TransferlineError


@dataclass(frozen=True)
class Style:
    """How pictures are stored. `keep_shape` pads to a square, in RGB, for a detector; otherwise they are stretched."""

    image_size: int
    num_views: int
    policy: str
    keep_shape: bool
    clahe: Clahe | None = None

    def channels_of(self, dataset: Dataset) -> int:
        """Count the channels that are stored of the data set's."""
        return RGB if self.keep_shape else dataset.reading.channels


@dataclass(frozen=True)
class Picture:
    """One stored picture: uint8 [image_size, image_size, channels], of which the top left `height` x `width` is image.

    `boxes` float64 [n, 4] are its corners in pixels, `box_rows` [n] the rows of the data set's box table they show.
    """

    pixels: np.ndarray
    view: int
    height: int
    width: int
    boxes: np.ndarray
    box_rows: np.ndarray


def render(
    dataset: Dataset, image_ids: np.ndarray, styles: dict[str, Style], *, seed: int, workers: int
) -> Iterator[tuple[int, dict[str, list[Picture]]]]:
    """Yield (image_id, its pictures of each style) in the order of `image_ids`.

    Raises:
        DataError: an image cannot be read, or changed since it was ingested.
    """
    drawings = _Drawings(dataset, image_ids, styles, seed)
    loader = DataLoader(
        drawings, batch_size=None, num_workers=min(workers, len(image_ids)), multiprocessing_context=None
    )
    for image_id, pictures in loader:
        if isinstance(pictures, Exception):
            raise pictures
        yield image_id, pictures


class _Drawings(IterableDataset):  # type: ignore[type-arg]
    """Each worker draws every n-th image; the loader takes turns between workers, so the order is kept."""

    def __init__(self, dataset: Dataset, image_ids: np.ndarray, styles: dict[str, Style], seed: int) -> None:
        self._dataset, self._image_ids, self._styles, self._seed = dataset, image_ids, styles, seed

    def __iter__(self) -> Iterator[tuple[int, dict[str, list[Picture]] | Exception]]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        mine = self._image_ids[worker.id :: worker.num_workers] if worker else self._image_ids
        boxes = _boxes_of(self._dataset, mine)
        transforms = {
            name: augmentation.policy(style.policy, size=style.image_size, clahe=style.clahe)
            for name, style in self._styles.items()
        }
        files = self._dataset.images.set_index("image_id")["file"]
        try:
            for image_id, image in read_images(self._dataset, mine.tolist(), num_threads=1, all_channels=True):
                seed = derive(self._seed, str(files[image_id]))
                yield (
                    image_id,
                    {
                        name: draw(image, boxes.get(image_id), style, transforms[name], seed=seed)
                        for name, style in self._styles.items()
                    },
                )
        except (TransferlineError, OSError) as error:  # raised here it would reach the user inside a worker's traceback
            yield -1, error


def draw(
    image: np.ndarray, boxes: pd.DataFrame | None, style: Style, transform: torch.nn.Module, *, seed: int
) -> list[Picture]:
    """Draw one image in one style: the plain picture first, then its augmented views."""
    plain = _plain(image, boxes, style)
    tensor = torch.from_numpy(plain.pixels).permute(2, 0, 1)
    views = [plain]
    for view in range(1, style.num_views + 1):
        moved, corners, shown = augmentation.augment(
            transform, tensor, torch.from_numpy(plain.boxes), seed=derive(seed, view)
        )
        kept = shown.numpy()
        views.append(
            Picture(
                moved.permute(1, 2, 0).contiguous().numpy(),
                view,
                style.image_size,
                style.image_size,
                corners.numpy()[kept],
                plain.box_rows[kept],
            )
        )
    return views


def _plain(image: np.ndarray, boxes: pd.DataFrame | None, style: Style) -> Picture:
    if style.keep_shape:
        pixels, height, width = letterbox(image[:, :, :RGB], size=style.image_size)
    else:
        height = width = style.image_size
        pixels = resize(image, height=height, width=width)
    if boxes is None:
        return Picture(pixels, 0, height, width, np.zeros((0, 4)), np.zeros(0, np.int64))
    scale = np.array([width / image.shape[1], height / image.shape[0]] * 2)
    corners = boxes[CORNERS].to_numpy() * scale
    return Picture(pixels, 0, height, width, corners, boxes.index.to_numpy())


def _boxes_of(dataset: Dataset, image_ids: np.ndarray) -> dict[int, pd.DataFrame]:
    mine = dataset.boxes[dataset.boxes["image_id"].isin(image_ids)]
    return {int(boxes["image_id"].iloc[0]): boxes for _, boxes in mine.groupby("image_id")}
