"""Read the files of a data set where they are: in a folder or in a zip, by safe names only."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from transfer.data import paths
from transfer.data.archive import Archive
from transfer.data.limits import USUAL, Limits, Refusal
from transfer.errors import DataError


class Source(Protocol):
    """The files below one folder or inside one zip; `read` may be called from several threads."""

    @property
    def root(self) -> Path:
        """The folder or the zip."""

    def names(self) -> list[str]:
        """List the files that may be read, sorted, with `/` between folders."""

    def refused(self) -> list[Refusal]:
        """List the files that may not be read, and why."""

    def size(self, name: str) -> int:
        """Count the bytes of one file, as its folder or zip declares them."""

    def read(self, name: str) -> bytes:
        """Read one file; raise DataError when it is missing, refused, damaged or beyond the limits."""


@contextmanager
def open_source(root: Path, *, limits: Limits = USUAL, follow_links: bool = False) -> Iterator[Source]:
    """Open a folder or a zip for reading in place.

    `limits` guard against decompression bombs, so they apply to a zip alone, but for `max_file_bytes`.
    `follow_links` lists what symbolic links in a folder point at; in a zip they are always refused.

    Raises:
        DataError: there is nothing at `root`, or it is neither a folder nor a zip.
    """
    if root.is_dir():
        yield Folder(root, limits, follow_links)
        return
    try:
        opened = zipfile.ZipFile(root)
    except FileNotFoundError as error:
        msg = f"{root}: not found; put your images there or name another folder or zip in ingest_data.path"
        raise DataError(msg) from error
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        msg = f"{root}: neither a folder nor a readable zip ({error})"
        raise DataError(msg) from error
    with opened:
        yield Archive(root, opened, limits)


def locate(path: Path) -> Path:
    """Return `path`, or the zip in it where a folder holds one zip and nothing else to read.

    Raises:
        DataError: a folder holds several zips, so that one has to be named.
    """
    if not path.is_dir():
        return path
    entries = [
        entry for entry in path.iterdir() if not paths.is_hidden(entry.name) and paths.stem(entry.name) != "README"
    ]
    zips = sorted(entry for entry in entries if paths.extension(entry.name) == ".zip")
    if len(zips) > 1 and len(zips) == len(entries):
        names = ", ".join(entry.name for entry in zips)
        msg = f"{path}: holds {len(zips)} zips ({names}); name one in ingest_data.path"
        raise DataError(msg)
    return zips[0] if zips and len(zips) == len(entries) else path


class Listing(NamedTuple):
    """What a walk through a folder found."""

    names: list[str]
    refused: list[Refusal]


@dataclass(frozen=True)
class Folder:
    """A source in a folder; it is walked only when its names are asked for."""

    root: Path
    limits: Limits
    follow_links: bool

    def names(self) -> list[str]:
        """List the regular files below the folder, sorted."""
        return self._listing.names

    def refused(self) -> list[Refusal]:
        """List links, special files and names that are not safe."""
        return self._listing.refused

    def size(self, name: str) -> int:
        """Ask the file system for the size of one file."""
        try:
            return self._path(name).stat().st_size
        except OSError as error:
            msg = f"{self.root}: {name}: cannot be read ({error.strerror})"
            raise DataError(msg) from error

    def read(self, name: str) -> bytes:
        """Read one file, unless it is larger than the limit."""
        if self.size(name) > self.limits.max_file_bytes:
            msg = f"{self.root}: {name}: {self.size(name):,} bytes, above the limit of {self.limits.max_file_bytes:,}"
            raise DataError(msg)
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            msg = f"{self.root}: {name}: cannot be read ({error.strerror})"
            raise DataError(msg) from error

    @cached_property
    def _listing(self) -> Listing:
        names: list[str] = []
        refused: list[Refusal] = []
        try:
            for name, refusal in _walk(self.root, follow_links=self.follow_links):
                if refusal is None:
                    names.append(name)
                else:
                    refused.append(refusal)
        except OSError as error:
            msg = f"{error.filename}: cannot be listed ({error.strerror})"
            raise DataError(msg) from error
        return Listing(sorted(names), sorted(refused))

    def _path(self, name: str) -> Path:
        reason = paths.why_unsafe(name)
        if reason is not None:
            msg = f"{self.root}: {name!r}: refused: {reason}"
            raise DataError(msg)
        return self.root / name


def _walk(root: Path, *, follow_links: bool) -> Iterator[tuple[str, Refusal | None]]:
    """Yield every file below `root` with its refusal, if there is one; folders behind links are entered once."""
    waiting = [""]
    entered = {os.path.realpath(root)}
    while waiting:
        below = waiting.pop()
        with os.scandir(root / below) as entries:
            for entry in entries:
                name = f"{below}/{entry.name}" if below else entry.name
                refusal = _refusal(entry, name, follow_links=follow_links)
                if refusal is not None or not entry.is_dir():
                    yield name, refusal
                elif not entry.is_symlink() or _first_time(entry.path, entered):
                    waiting.append(name)


def _refusal(entry: os.DirEntry[str], name: str, *, follow_links: bool) -> Refusal | None:
    unsafe = paths.why_unsafe(name)
    if unsafe is not None:
        return Refusal("unsafe_path", name.encode("utf-8", "backslashreplace").decode(), unsafe)
    if entry.is_symlink() and not follow_links:
        return Refusal("symbolic_link", name, f"a link to {Path(entry.path).readlink()}")
    if entry.is_dir() or entry.is_file():
        return None
    return Refusal("unsafe_path", name, "neither a file nor a folder" if _exists(entry) else "a link to nothing")


def _exists(entry: os.DirEntry[str]) -> bool:
    return stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode) != stat.S_IFLNK


def _first_time(path: str, entered: set[str]) -> bool:
    real = os.path.realpath(path)
    if real in entered:
        return False
    entered.add(real)
    return True
