"""See by their time of access which files of the clone were read, also by C code and by other programs than Python."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

# git, DVC and Python keep house here, and read what they find.
HOUSEKEEPING = {".git", ".dvc", "__pycache__"}
READ_BY_DVC = {"dvc.yaml", "dvc.lock"}
LONG_AGO = 0


def mark(project: Path, is_declared: Callable[[Path], bool]) -> dict[Path, int]:
    """Set the time of access of every undeclared file to long ago; nothing, on a disk that does not keep such times."""
    if not _keeps_times(project):
        return {}
    return {path: _touch(path) for path in _undeclared(project, is_declared)}


def read_since(marked: dict[Path, int]) -> list[Path]:
    """Return those of the marked files, unless they were written, too, whose time of access has moved."""
    return sorted(path for path, written in marked.items() if path.is_file() and _has_moved(path, written))


def _has_moved(path: Path, written: int) -> bool:
    status = path.stat()
    return status.st_atime_ns != LONG_AGO and status.st_mtime_ns == written


def _touch(path: Path) -> int:
    written = path.stat().st_mtime_ns
    os.utime(path, ns=(LONG_AGO, written))
    return written


def _undeclared(project: Path, is_declared: Callable[[Path], bool]) -> Iterator[Path]:
    for folder, folders, files in os.walk(project):
        here = Path(folder)
        folders[:] = [name for name in folders if name not in HOUSEKEEPING and not is_declared(here / name)]
        yield from (
            path
            for name in files
            if name not in READ_BY_DVC and not (path := here / name).is_symlink() and not is_declared(path)
        )


def _keeps_times(project: Path) -> bool:
    probe = project / ".dvc" / "time-of-access"
    probe.write_text("?", encoding="utf-8")
    _touch(probe)
    probe.read_bytes()
    kept = probe.stat().st_atime_ns != LONG_AGO
    probe.unlink()
    return kept
