"""Check the values of one section of params.yaml against its schema; every mistake is said with its place."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipelines.errors import ParamsError

Schema = TypeVar("Schema", bound=BaseModel)


def validated(schema: type[Schema], section: str, values: Any, *, known: str = "") -> Schema:
    """Return the values as the schema; `known` is added where a key is missing or unknown.

    Raises:
        ParamsError: a key is missing, unknown, of a wrong type or out of range.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise ParamsError("\n".join(_sentence(section, mistake, known) for mistake in error.errors())) from error


def _sentence(section: str, mistake: Any, known: str) -> str:
    where = ".".join((section, *(str(part) for part in mistake["loc"])))
    if mistake["type"] in {"missing", "extra_forbidden"}:
        return f"params.yaml: {where}: {'missing' if mistake['type'] == 'missing' else 'unknown key'}{known}"
    return f"params.yaml: {where}: found {mistake['input']!r}; {mistake['msg'][:1].lower()}{mistake['msg'][1:]}"
