"""The section `audit` of params.yaml: what counts as the same where bytes differ."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.audit.values.difference import Rules, Tolerance
from pipelines.section_schema import validated

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
    section = values.get(SECTION, {}) if isinstance(values, dict) else {}
    known = "; audit has tensors, numbers and pixels, each with absolute and relative"
    return validated(Settings, SECTION, section, known=known)
