"""Which split an image of a YOLO data set belongs to: train, val and test of data.yaml are folders or lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from transfer.data import paths
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.files import Files, could_be, ending_with, nearest
from transfer.data.source import Source


def splits_of(
    description: Mapping[str, Any], described_in: str, source: Source, files: Files, ledger: Ledger
) -> dict[str, tuple[str, ...]]:
    """Map images to the splits that list them, in the order train, val, test.

    The paths in data.yaml are often those of another machine, so they are found here by their last folders.
    """
    folders = sorted({folder for image in files.images for folder in _ancestors(image)})
    found: dict[str, tuple[str, ...]] = {}
    for split in ("train", "val", "test"):
        for entry in _entries(description.get(split)):
            images = _listed(entry, described_in, source, files, ledger) or _below(entry, described_in, folders, files)
            if not images:
                reason = f"{split}: {entry!r} is not one folder with images, or one list of images, here"
                ledger.note("annotation_without_image", described_in, reason)
            for image in images:
                found[image] = (*found.get(image, ()), split) if split not in found.get(image, ()) else found[image]
    return found


def _entries(value: Any) -> Sequence[str]:
    if value is None or value == "":
        return ()
    return [str(entry) for entry in value] if isinstance(value, list) else [str(value)]


def _ancestors(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _below(entry: str, described_in: str, folders: Sequence[str], files: Files) -> list[str]:
    last = paths.normalise(entry).rpartition("/")[2]
    candidates = [folder for folder in folders if folder.rpartition("/")[2] == last]
    chosen = nearest(ending_with(candidates, entry), described_in)
    return [image for image in files.images if len(chosen) == 1 and image.startswith(f"{chosen[0]}/")]


def _listed(entry: str, described_in: str, source: Source, files: Files, ledger: Ledger) -> list[str]:
    if paths.extension(entry) != ".txt":
        return []
    last = paths.normalise(entry).rpartition("/")[2]
    candidates = [name for name in files.with_extension(".txt") if name.rpartition("/")[2] == last]
    lists = nearest(ending_with(candidates, entry), described_in)[:1]
    images = []
    for name in lists:
        for line in filter(str.strip, source.read(name).decode("utf-8-sig", "replace").splitlines()):
            candidates = files.meant_by(line.strip(), name)
            if len(candidates) == 1:
                images += candidates
            else:
                reason = could_be(candidates, "no such image")
                ledger.note("annotation_without_image", name, f"{line.strip()!r}: {reason}")
    return images
