"""What a command line names as inputs: files, folders, patterns, zips, or what comes on standard input."""

import glob
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from receiver import archive
from receiver.errors import InputError
from receiver.standalone.predict import EXTENSIONS, FIRST_BYTES, image_files

STDIN = "-"
# Images begin so, or hold control characters, which no name does.
PORTABLE_OR_WEBP = re.compile(rb"P[1-6]\s+[\d#]|RIFF.{4}WEBP", re.DOTALL)
CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")
MAX_FILE_BYTES = 2**30


@dataclass(frozen=True)
class Item:
    """One image to read; `read` may be called from any thread, and raises InputError."""

    name: str
    read: Callable[[], bytes]


@dataclass
class Inputs:
    """The images that were named, in order, and what was named and is none, with the reasons."""

    items: list[Item] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def find(arguments: Sequence[str], stdin: BinaryIO, stack: ExitStack) -> Inputs:
    """List what the arguments name; zips stay open as long as the stack does.

    A file is taken as it is named, whatever its extension; of folders and zips, what has an image's extension. `-` is
    one image, or a list of files, folders, patterns and zips: one a line, or with a zero byte behind each.
    """
    found = Inputs()
    for argument in arguments:
        if argument != STDIN:
            _add(argument, found, stack)
            continue
        data = stdin.read()
        listed = _listed(data)
        if listed is None:
            found.items.append(Item(STDIN, lambda data=data: data))  # type: ignore[misc]
        for name in listed or ():
            _add(name, found, stack)
    return found


def _listed(data: bytes) -> list[str] | None:
    """Return the names in a text; None if these are the bytes of an image."""
    if data.startswith(FIRST_BYTES) or PORTABLE_OR_WEBP.match(data) or CONTROL.search(data):
        return None
    separator = b"\0" if b"\0" in data else b"\n"
    return [os.fsdecode(name) for line in data.split(separator) if (name := line.rstrip(b"\r\n"))]


def _add(argument: str, found: Inputs, stack: ExitStack) -> None:
    path = Path(argument)
    if path.is_dir():
        _add_files(image_files([argument]), found, none=f"{argument}: holds no image ({_extensions()})")
    elif path.is_file() and zipfile.is_zipfile(path):
        _add_members(argument, found, stack)
    elif path.exists() or not glob.has_magic(argument):
        _add_files([argument], found)
    else:
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - patterns may be absolute
        if not matches:
            found.refused.append(f"{argument}: matches nothing")
        for name in matches:
            # What a pattern meets beside images is not meant.
            if Path(name).is_dir() or Path(name).suffix.lower() in (*EXTENSIONS, ".zip"):
                _add(name, found, stack)


def _add_files(names: Iterable[str], found: Inputs, *, none: str | None = None) -> None:
    items = [Item(name, partial(_read, name)) for name in names]
    found.items += items
    if none and not items:
        found.refused.append(none)


def _add_members(argument: str, found: Inputs, stack: ExitStack) -> None:
    try:
        opened = stack.enter_context(zipfile.ZipFile(argument))
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        found.refused.append(f"{argument}: not a readable zip ({error})")
        return
    members = archive.Members(opened)
    found.refused += [f"{argument}/{name}: {why}" for name, why in members.refused]
    names = [name for name in members.names if Path(name).suffix.lower() in EXTENSIONS and not _is_hidden(name)]
    found.items += [Item(f"{argument}/{name}", partial(members.read, name)) for name in names]
    if not names and not members.refused:
        found.refused.append(f"{argument}: holds no image ({_extensions()})")


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _extensions() -> str:
    return " ".join(sorted(EXTENSIONS))


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE_BYTES:
                msg = f"{size:,} bytes; the limit is {MAX_FILE_BYTES:,}"
                raise InputError(msg)
            return file.read()
    except (OSError, ValueError) as error:
        msg = str(getattr(error, "strerror", None) or error)
        raise InputError(msg) from error
