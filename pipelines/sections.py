"""The sections of params.yaml that no stage reads, each with its own check."""

from collections.abc import Callable, Mapping
from typing import Any

from pipelines import settings
from pipelines.audit import settings as audit
from pipelines.release import settings as release

CHECKS: dict[str, Callable[[Any], Any]] = {
    settings.SECTION: settings.check,
    audit.SECTION: audit.check,
    release.SECTION: release.check,
}


def check(values: Mapping[str, Any]) -> None:
    """Check those sections in the values of a whole params.yaml; all but `line` may be missing.

    Raises:
        ParamsError: a key is missing, unknown, of a wrong type or out of range.
    """
    for name, checked in CHECKS.items():
        if name in values or name == settings.SECTION:
            checked(values)
