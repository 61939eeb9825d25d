"""The section `line` of params.yaml: how the flow runs stages. It changes no result."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import ParamsError
from pipelines.section_schema import validated

SECTION = "line"


class Settings(BaseModel):
    """How many stages run at the same time, and how patient they are with other DVC processes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    max_parallel: int = Field(ge=1)
    lock_retries: int = Field(ge=0)
    lock_retry_seconds: float = Field(ge=0)


def load(project: Path) -> Settings:
    """Read the section from the project's params.yaml."""
    path = project / "params.yaml"
    if not path.is_file():
        msg = f"{path}: not found; it holds one section per stage, and `line` for the flow"
        raise ParamsError(msg)
    return check(yaml.safe_load(path.read_text(encoding="utf-8")))


def check(values: Any) -> Settings:
    """Check the section in the values of a whole params.yaml.

    Raises:
        ParamsError: the section is missing, or a key is missing, unknown, of a wrong type or out of range.
    """
    section = values.get(SECTION, {}) if isinstance(values, dict) else {}
    return validated(Settings, SECTION, section, known=f"; line has: {', '.join(Settings.model_fields)}")
