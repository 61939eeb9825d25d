"""The sections of params.yaml that no stage reads."""

from collections.abc import Mapping
from typing import Any

from pipelines import settings
from pipelines.audit import settings as audit
from pipelines.release import settings as release
from pipelines.section import Section, checked

SCHEMAS: Mapping[str, type[Section]] = {
    settings.SECTION: settings.Settings,
    audit.SECTION: audit.Settings,
    release.SECTION: release.Promote,
}


def check(values: dict[str, Any]) -> None:
    """Check those sections in the values of a whole params.yaml; all but `line` may be missing.

    Raises:
        ParamsError: see `section.checked`.
    """
    for name, schema in SCHEMAS.items():
        if name in values or name == settings.SECTION:
            checked(schema, name, values)
