"""SHA-256 of files, and the list of them that `sha256sum -c SHA256SUMS` reads, too."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from transfer import atomic
from transfer.handoff.layout import files_of

SUMS = "SHA256SUMS"


def of_file(path: Path) -> str:
    """Hash one file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_folder(folder: Path, *, extensions: Iterable[str]) -> str:
    """Return one hash for the names and the bytes of all files of the given kinds below a folder."""
    kinds = tuple(extensions)
    lines = [f"{of_file(folder / name)}  {name}\n" for name in files_of(folder) if name.endswith(kinds)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def write(bundle: Path) -> None:
    """Write SHA256SUMS over every other file of the bundle, sorted by name."""
    lines = [f"{of_file(bundle / name)}  {name}\n" for name in files_of(bundle) if name != SUMS]
    atomic.write_text(bundle / SUMS, "".join(lines))
