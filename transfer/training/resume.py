"""Where a killed training stage goes on: its state after each epoch, used only for the same work."""

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from receiver.progress import say
from transfer import atomic

# Outside the stage's outs, which DVC removes before it runs a stage.
FOLDER = Path(".transferline/resume")
PROJECT_PACKAGES = ("transfer", "stages")


@dataclass(frozen=True)
class Resume:
    """The saved state of one stage. `key` names params, inputs and code: other work never goes on from it."""

    name: str
    key: str

    @property
    def path(self) -> Path:
        """The file that holds the state."""
        return FOLDER / f"{self.name}.pt"

    def also(self, what: str) -> "Resume":
        """Return the place for something else of the same work."""
        return Resume(f"{self.name}_{what}", self.key)

    def load(self) -> Any | None:
        """Return what was saved last for this same work, or None."""
        if not self.path.exists():
            return None
        saved = torch.load(self.path, weights_only=True)
        if saved["key"] != self.key:
            say(f"{self.path} belongs to other params, inputs or code: starting from the beginning")
            return None
        return saved["state"]

    def save(self, state: Any) -> None:
        """Replace the saved state in one step; a kill at any moment leaves the old or the new one."""
        with atomic.replacing(self.path) as beside:
            torch.save({"key": self.key, "state": state}, beside)

    def clear(self) -> None:
        """Forget the state, once the stage's outputs are written."""
        self.path.unlink(missing_ok=True)


def cached(resume: Resume, compute: Callable[[], Any]) -> Any:
    """Return the saved value of this same work, or compute and save it."""
    value = resume.load()
    if value is None:
        value = compute()
        resume.save(value)
    return value


def work_key(*params: object, inputs: Iterable[Path]) -> str:
    """Name the work by its params (their exact text), its input folders and the project's loaded code.

    Of an input folder the JSON and safetensors files count: shards name their content in theirs.
    """
    digest = hashlib.sha256(repr(params).encode())
    files = [file for folder in inputs for file in sorted(folder.iterdir()) if file.suffix in {".json", ".safetensors"}]
    for path in (*files, *_loaded_code()):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _loaded_code() -> list[Path]:
    loaded = [m for name, m in sorted(sys.modules.items()) if name.partition(".")[0] in PROJECT_PACKAGES]
    return [Path(module.__file__) for module in loaded if module.__file__]
