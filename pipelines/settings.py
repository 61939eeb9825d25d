"""The section `line` of params.yaml: how the flow runs stages. It changes no result."""

from pathlib import Path

from pydantic import Field

from pipelines.section import Section, checked, values_of

SECTION = "line"


class Settings(Section):
    """How many stages run at the same time, and how patient they are with other DVC processes."""

    max_parallel: int = Field(ge=1)
    lock_retries: int = Field(ge=0)
    lock_retry_seconds: float = Field(ge=0)


def load(project: Path) -> Settings:
    """Read the section.

    Raises:
        ParamsError: see `section.values_of` and `section.checked`.
    """
    return checked(Settings, SECTION, values_of(project))
