"""Write beside, then rename: a reader never meets half of an output."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from receiver.errors import UsageError


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` that nothing is at; what was written there and not renamed is removed in the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with `\\n` line ends on every platform."""
    with beside(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write at; on success it takes the place of `path`, which stays as it was if not.

    Raises:
        UsageError: nothing can be written there.
    """
    if path.is_dir():
        msg = f"{path}: a folder; expected the name of a file to write"
        raise UsageError(msg)
    _require_writable(path)
    with beside(path) as part:
        yield part
        os.replace(part, path)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path`; on success it becomes `path`, which must not hold anything yet.

    Raises:
        UsageError: there is something at `path`, or nothing can be written there.
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        msg = f"{path}: exists already; name a folder that does not, as nothing is written over"
        raise UsageError(msg)
    _require_writable(path)
    with beside(path) as part:
        part.mkdir()
        yield part
        if path.is_dir():
            path.rmdir()
        os.replace(part, path)


def _require_writable(path: Path) -> None:
    try:
        with beside(path) as part:
            part.touch()
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror or error})"
        raise UsageError(msg) from error
