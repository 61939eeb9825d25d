"""A model on disk: a folder with `model.safetensors` and `facts.json`, never pickle."""

import json
from pathlib import Path
from typing import Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from transfer import atomic
from transfer.errors import WeightsError

WEIGHTS_FILE = "model.safetensors"
FACTS_FILE = "facts.json"
RGB = 3


class Facts(BaseModel):
    """What one must know to use the weights beside it; written once by the stage that fixes each value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["none", "backbone", "classifier", "detector"]
    architecture: str
    categories: tuple[str, ...] = ()
    # Pixels. Classifier: both sides of the square it resizes to. Detector: the longer side.
    image_size: int | None = None
    # Of pixel values scaled to 0..1, one per channel.
    mean: tuple[float, ...]
    std: tuple[float, ...]
    # What the architecture was built with beyond its name: "head" (a shape, transfer/models/heads.py; missing: linear),
    # "channels" of the pictures it reads (missing: 3), a detector's settings (FPN channels, RoI counts, ...).
    build: dict[str, Any] = Field(default_factory=dict)
    # One line per stage, oldest first: where the weights come from and what was done to them.
    lineage: tuple[dict[str, Any], ...] = ()

    @property
    def channels(self) -> int:
        """Count the channels of the pictures that the model reads."""
        return int(self.build.get("channels", RGB))

    @model_validator(mode="after")
    def _one_mean_and_std_per_channel(self) -> Self:
        if not len(self.mean) == len(self.std) == self.channels:
            msg = (
                f"expected one mean and one std for each of {self.channels} channels, "
                f"found {len(self.mean)} and {len(self.std)}"
            )
            raise ValueError(msg)
        return self

    def extended(self, entry: dict[str, Any], **changes: Any) -> "Facts":
        """Return the facts of a model that was made from this one by the stage that `entry` describes."""
        return Facts.model_validate({**self.model_dump(), **changes, "lineage": (*self.lineage, entry)})


def save(folder: Path, facts: Facts, tensors: dict[str, torch.Tensor]) -> None:
    """Write the checkpoint as one step: `folder` is either the old one or the complete new one."""
    with atomic.replacing_folder(folder) as beside:
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, beside / WEIGHTS_FILE)
        atomic.write_json(beside / FACTS_FILE, facts.model_dump(mode="json"))


def load_facts(folder: Path) -> Facts:
    """Read and check the facts alone.

    Raises:
        WeightsError: the file is missing, is not JSON, or does not fit the schema.
    """
    path = folder / FACTS_FILE
    try:
        return Facts.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        msg = f"{path}: not found; expected a checkpoint folder with {FACTS_FILE} and {WEIGHTS_FILE}"
        raise WeightsError(msg) from error
    except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
        msg = f"{path}: not the facts of a checkpoint: {error}"
        raise WeightsError(msg) from error


def load(folder: Path) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Read facts and tensors (on the CPU).

    Raises:
        WeightsError: a file is missing, damaged, or not what its name says.
    """
    facts = load_facts(folder)
    path = folder / WEIGHTS_FILE
    try:
        return facts, load_file(path)
    except (FileNotFoundError, SafetensorError) as error:
        msg = f"{path}: not a readable safetensors file ({error}); run the stage that writes it again"
        raise WeightsError(msg) from error
