"""The section `promote` of params.yaml: what a bundle has to show before it takes the champion's place."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipelines.section import Section, checked, values_of

SECTION = "promote"
Share = Annotated[float, Field(ge=0, le=1)]


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
    """Read the section.

    Raises:
        ParamsError: see `section.values_of` and `section.checked`.
    """
    return checked(Promote, SECTION, values_of(project))
