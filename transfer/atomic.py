"""Write beside, then rename: a reader never meets half a file."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from receiver.atomic import beside
from receiver.atomic import write_text as write_text


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or a folder at; on success it takes the place of `path`.

    What stood at `path` stays as it was when the body raises.
    """
    with beside(path) as part:
        yield part
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Like `replacing`, with the new folder already made."""
    with replacing(path) as part:
        part.mkdir()
        yield part


def write_json(path: Path, value: Any) -> None:
    """Write JSON whose bytes depend on the value alone; NaN is refused, as JSON has none."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
