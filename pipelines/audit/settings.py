"""The section `audit` of params.yaml: what counts as the same where bytes differ."""

from pathlib import Path

from pydantic import Field

from pipelines.audit.values.difference import Rules, Tolerance
from pipelines.section import PARAMS, Section, checked, values_of

SECTION = "audit"


class _Tolerance(Section):
    absolute: float = Field(ge=0)
    relative: float = Field(ge=0)


class Settings(Section):
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
    """Read the section; a revision from before it was there gets no tolerance.

    Raises:
        ParamsError: see `section.checked`.
    """
    values = values_of(project) if (project / PARAMS).is_file() else {}
    return checked(Settings, SECTION, values).rules() if SECTION in values else EXACT
