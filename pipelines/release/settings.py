"""The section `promote` of params.yaml: what a bundle has to show before it takes the champion's place."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import ParamsError
from pipelines.section_schema import validated

SECTION = "promote"
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """No value is a default, and none is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Classification(Section):
    """The classifier's gates."""

    metric: Literal["accuracy", "macro_f1"]
    min_change: float = Field(ge=-1, le=1)
    class_floor: Share
    max_parity_difference: float = Field(ge=0)


class Detection(Section):
    """The detector's gates."""

    metric: Literal["AP", "AP50"]
    min_change: float = Field(ge=-1, le=1)
    class_floor: Share
    max_parity_difference: float = Field(ge=0)
    max_parity_unmatched: Share


class Latency(Section):
    """How fast, side by side with the champion."""

    max_ratio: float = Field(gt=0)
    max_milliseconds: float | None = Field(gt=0)
    rounds: int = Field(ge=1)
    threads: int = Field(ge=1)


class Size(Section):
    """How large."""

    max_ratio: float = Field(gt=0)
    max_mebibytes: float | None = Field(gt=0)


class Promote(Section):
    """All gates, and how the interval of the metric's change is drawn."""

    stage: str = Field(pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?$")
    confidence: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=100)
    seed: int = Field(ge=0)
    classification: Classification
    detection: Detection
    latency: Latency
    size: Size
    uncommitted: Literal["refuse", "allow"]


def load(project: Path) -> Promote:
    """Read the section from the project's params.yaml.

    Raises:
        ParamsError: see `check`.
    """
    path = project / "params.yaml"
    if not path.is_file():
        msg = f"{path}: not found; its section {SECTION} holds the gates"
        raise ParamsError(msg)
    return check(yaml.safe_load(path.read_text(encoding="utf-8")))


def check(values: Any) -> Promote:
    """Check the section in the values of a whole params.yaml.

    Raises:
        ParamsError: it is missing, or a key is missing, unknown, of a wrong type or out of range.
    """
    section = values.get(SECTION) if isinstance(values, dict) else None
    if not isinstance(section, dict):
        msg = f"params.yaml: no section {SECTION}; it holds the gates that a bundle has to pass"
        raise ParamsError(msg)
    return validated(Promote, SECTION, section)
