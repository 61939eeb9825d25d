"""The section `audit` of params.yaml: what counts as the same where bytes differ."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.audit.values.difference import Rules, Tolerance
from pipelines.errors import ParamsError

SECTION = "audit"


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Tolerance(_Closed):
    absolute: float = Field(ge=0)
    relative: float = Field(ge=0)


class Settings(_Closed):
    """How far tensors, other numbers and pixels may be from the recorded ones."""

    tensors: _Tolerance
    numbers: _Tolerance
    pixels: _Tolerance

    def rules(self) -> Rules:
        """Return the same in the words of the comparison."""
        return Rules(_of(self.tensors), _of(self.numbers), _of(self.pixels))


def _of(tolerance: _Tolerance) -> Tolerance:
    return Tolerance(tolerance.absolute, tolerance.relative)


EXACT = Rules(Tolerance(0, 0), Tolerance(0, 0), Tolerance(0, 0))


def load(project: Path) -> Rules:
    """Read the section from the project's params.yaml; a revision from before it was there gets no tolerance."""
    path = project / "params.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return check(values).rules() if isinstance(values, dict) and SECTION in values else EXACT


def check(values: Any) -> Settings:
    """Check the section in the values of a whole params.yaml.

    Raises:
        ParamsError: the section is missing, or a key is missing, unknown, of a wrong type or negative.
    """
    try:
        return Settings.model_validate(values.get(SECTION, {}) if isinstance(values, dict) else {})
    except ValidationError as error:
        raise ParamsError("\n".join(_sentence(mistake) for mistake in error.errors())) from error


def _sentence(mistake: Any) -> str:
    where = ".".join((SECTION, *(str(part) for part in mistake["loc"])))
    if mistake["type"] in {"missing", "extra_forbidden"}:
        what = "missing" if mistake["type"] == "missing" else "unknown key"
        return f"params.yaml: {where}: {what}; audit has tensors, numbers and pixels, each with absolute and relative"
    return f"params.yaml: {where}: found {mistake['input']!r}; {mistake['msg'][:1].lower()}{mistake['msg'][1:]}"
