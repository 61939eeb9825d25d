"""The section `line` of params.yaml: how the flow runs stages. It changes no result."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ParamsError

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
    try:
        return Settings.model_validate(values.get(SECTION, {}) if isinstance(values, dict) else {})
    except ValidationError as error:
        raise ParamsError("\n".join(_sentence(mistake) for mistake in error.errors())) from error


def _sentence(mistake: Any) -> str:
    where = ".".join((SECTION, *(str(part) for part in mistake["loc"])))
    if mistake["type"] in {"missing", "extra_forbidden"}:
        what = "missing" if mistake["type"] == "missing" else "unknown key"
        return f"params.yaml: {where}: {what}; line has: {', '.join(Settings.model_fields)}"
    return f"params.yaml: {where}: found {mistake['input']!r}; {mistake['msg'][:1].lower()}{mistake['msg'][1:]}"
