"""A section of params.yaml that no stage reads: read, and checked against its schema."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import ParamsError

PARAMS = "params.yaml"


class Section(BaseModel):
    """A schema of a section or of a part of one: no value is a default, and none is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Schema = TypeVar("Schema", bound=Section)


def values_of(project: Path) -> dict[str, Any]:
    """Return the values of the project's params.yaml.

    Raises:
        ParamsError: there is no such file, or it holds no sections.
    """
    path = project / PARAMS
    if not path.is_file():
        msg = f"{path}: not found; it holds a section for each stage, and some for the commands"
        raise ParamsError(msg)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        msg = f"{path}: expected sections, found {type(values).__name__}"
        raise ParamsError(msg)
    return values


def checked(schema: type[Schema], name: str, values: dict[str, Any]) -> Schema:
    """Return the section of this name as the schema, from the values of a whole params.yaml.

    Raises:
        ParamsError: it is missing, or a key of it is missing, unknown, of a wrong type or out of range; every mistake
            is said with its place.
    """
    try:
        return schema.model_validate(values.get(name, {}))
    except ValidationError as error:
        known = f"; {name} has: {', '.join(schema.model_fields)}"
        raise ParamsError("\n".join(_sentence(name, mistake, known) for mistake in error.errors())) from error


def _sentence(section: str, mistake: Any, known: str) -> str:
    where = ".".join((section, *(str(part) for part in mistake["loc"])))
    if mistake["type"] in {"missing", "extra_forbidden"}:
        what = "missing" if mistake["type"] == "missing" else "unknown key"
        return f"params.yaml: {where}: {what}{known if len(mistake['loc']) == 1 else ''}"
    return f"params.yaml: {where}: found {mistake['input']!r}; {mistake['msg'][:1].lower()}{mistake['msg'][1:]}"
