"""What every format is read into: one record per image, its boxes in whatever numbers the format uses."""

from dataclasses import dataclass

SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}


class BrokenAnnotation(Exception):
    """An annotation file or a record in it cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class RawBox:
    """Corners are pixels of the annotated image, 0-based, the maximum exclusive; or shares of it, see `RawImage`."""

    category: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class RawImage:
    """`file` is a name of the source; `annotation` is where the image is described, for messages.

    `size` is (width, height) as the annotation says. `relative` says that corners are shares of width and height.
    `usable` is False where the image is known but has to be left out because of its annotation.
    """

    file: str
    annotation: str
    label: str | None = None
    split: str | None = None
    group: str | None = None
    boxes: tuple[RawBox, ...] = ()
    size: tuple[int, int] | None = None
    relative: bool = False
    usable: bool = True


def split_of(name: str) -> str | None:
    """Translate a name that people give to a split (`valid`, `Training`), or return None."""
    lowered = name.strip().lower()
    return next((split for split, names in SPLITS.items() if lowered in names), None)
