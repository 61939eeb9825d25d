"""Where a killed training stage goes on: one file per stage, written after each epoch, used only for the same work."""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from transfer import atomic
from transfer.progress import say

# Outside the stage's outs, which DVC removes before it runs a stage.
FOLDER = Path(".transferline/resume")
PROJECT_PACKAGES = ("transfer", "stages")


@dataclass(frozen=True)
class Resume:
    """The saved state of one stage; `key` names params, inputs and code, so that other work never resumes from it."""

    path: Path
    key: str

    def load(self) -> dict[str, Any] | None:
        """Return the state after the last finished epoch of this same work, or None."""
        if not self.path.exists():
            return None
        saved: dict[str, Any] = torch.load(self.path, weights_only=True)
        if saved["key"] != self.key:
            say(f"{self.path} belongs to other params, inputs or code: starting from the first epoch")
            return None
        return saved["state"]  # type: ignore[no-any-return]

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state in one step; a kill at any moment leaves the old or the new one."""
        with atomic.replacing(self.path) as beside:
            torch.save({"key": self.key, "state": state}, beside)

    def clear(self) -> None:
        """Forget the state, once the stage's outputs are written."""
        self.path.unlink(missing_ok=True)


def open_resume(stage: str, *, params: str, inputs: Iterable[Path]) -> Resume:
    """Name the work by its params (any exact text), the content of its input files and the project's loaded code."""
    digest = hashlib.sha256(params.encode())
    for path in (*inputs, *_loaded_code()):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return Resume(FOLDER / f"{stage}.pt", digest.hexdigest())


def _loaded_code() -> list[Path]:
    loaded = [m for name, m in sorted(sys.modules.items()) if name.partition(".")[0] in PROJECT_PACKAGES]
    return [Path(module.__file__) for module in loaded if module.__file__]
