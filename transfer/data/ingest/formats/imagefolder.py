"""One folder per class, with or without folders train, val and test around them."""

from collections.abc import Iterator

from transfer.data.ingest.formats.files import Files
from transfer.data.ingest.formats.records import RawImage, split_of
from transfer.data.source import Source


def evidence(source: Source, files: Files) -> str | None:
    """Say what speaks for this format, or return None."""
    del source
    folders = {name.rpartition("/")[0] for name in files.images}
    return f"{len(files.images):,} images in {len(folders):,} folders" if files.images else None


def owns(name: str) -> bool:
    """Images are all there is to this format."""
    del name
    return False


def read(files: Files) -> Iterator[RawImage]:
    """Yield every image with the folder that is its class, and its split where all top folders are splits."""
    prefix = _prefix(files.images)
    inner = [name[len(prefix) :].split("/") for name in files.images]
    tops = {parts[0] for parts in inner if len(parts) > 1}
    in_splits = bool(tops) and all(split_of(top) is not None for top in tops)
    for name, parts in zip(files.images, inner, strict=True):
        split = split_of(parts[0]) if in_splits and len(parts) > 1 else None
        folders = parts[1:-1] if split is not None else parts[:-1]
        yield RawImage(name, "", label=folders[0] if folders else None, split=split)


def _prefix(images: tuple[str, ...]) -> str:
    """The folders that all images share, up to a folder named like a split, and never a folder that holds them all."""
    if not images:
        return ""
    # The images are sorted, so what the first and the last share, all share.
    first, last = images[0].split("/")[:-1], images[-1].split("/")[:-1]
    shared: list[str] = []
    for one, other in zip(first, last, strict=False):
        if one != other or split_of(one) is not None:
            break
        shared.append(one)
    if shared and all(name.count("/") == len(shared) for name in images):
        shared.pop()
    return "".join(f"{part}/" for part in shared)
