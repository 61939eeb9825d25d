"""The checkpoints inside a bundle that another team has handed over: used only when every byte is as it was packed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receiver.standalone import verify
from transfer.errors import WeightsError


@dataclass(frozen=True)
class Held:
    """A checkpoint folder, and what the lineage of what is made from it says about the bundle it lay in."""

    folder: Path
    origin: dict[str, Any]


@contextmanager
def opened(path: Path, task: str) -> Iterator[Held]:
    """Yield the checkpoint of a task, "classification" or "detection", of a bundle: a folder or a zip.

    Raises:
        WeightsError: it is no bundle, not as it was packed, or has no such task.
    """
    try:
        with verify.opened(path) as folder:
            described = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
            if task not in described["tasks"]:
                msg = f"{path}: the bundle {described['name']} is for {' and '.join(described['tasks'])}, not {task}"
                raise WeightsError(msg)
            origin = {
                "bundle": described["name"],
                "version": described["version"],
                "digest": verify.digest(folder),
            }
            yield Held((folder / described["tasks"][task]["weights"]).parent, origin)
    except verify.BadBundle as error:
        msg = f"{error}\n  nothing was taken from it; ask the sender for another copy"
        raise WeightsError(msg) from error
