"""Give a stage the beginning of the log of promotions that it had read: the log has grown since, and only grows."""

import hashlib
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from pipelines.audit.record import Asked
from pipelines.errors import ReleaseError
from pipelines.release import log
from pipelines.store import files_of, md5_of_file, md5_of_folder


def rewind(folder: Path, stages: Iterable[Asked]) -> None:
    """Shorten the log in a clone to what the stages have recorded of it, if it once was that; a broken log stays."""
    for stage in stages:
        for path in stage.sources:
            recorded = stage.recorded.deps.get(path) if stage.recorded else None
            if recorded and (folder / path / log.LOG.name).is_file():
                _shorten(folder / path, recorded)


def _shorten(folder: Path, recorded: str) -> None:
    file = folder / log.LOG.name
    text = file.read_text(encoding="utf-8")
    others = {name: md5_of_file(path) for name, path in files_of(folder).items() if path != file}
    for beginning in ["", *accumulate(text.splitlines(keepends=True))]:
        if md5_of_folder(others | _hashed(beginning)) == recorded and _is_whole(text):
            file.write_text(beginning, encoding="utf-8", newline="\n") if beginning else file.unlink()
            return


def _hashed(text: str) -> dict[str, str]:
    return {log.LOG.name: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()} if text else {}


def _is_whole(text: str) -> bool:
    try:
        return bool(log.read(text))
    except ReleaseError:
        return False
