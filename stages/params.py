"""Typed parameters: each stage's section of params.yaml, checked before anything runs."""

from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from transfer.errors import ParamsError


class Params(BaseModel):
    """Base of all schemas: frozen, strict about types, and without defaults, so that params.yaml shows every value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Runtime(Params):
    """What every stage that computes with torch shares."""

    seed: int = Field(ge=0, lt=2**32)
    threads: PositiveInt
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "fp32", "bf16", "fp16"]


Schema = TypeVar("Schema", bound=Params)


def load(section: str, schema: type[Schema], *, path: Path = Path("params.yaml")) -> Schema:
    """Read one section.

    Raises:
        ParamsError: the file or section is missing, a key is unknown or missing, a value is of the wrong type or out
            of range; every mistake of the section is listed.
    """
    values = _read(path)
    if section not in values:
        msg = f"{path}: section {section!r} is missing; it has: {', '.join(values)}"
        raise ParamsError(msg)
    found = _tuples(values[section])
    try:
        # JSON mode: a YAML list may stand for a tuple, but "3" still does not stand for 3.
        return schema.model_validate(found)
    except ValidationError as error:
        whats: dict[str, list[str]] = {}
        for mistake in error.errors():
            # Where several kinds of value are allowed, pydantic says of each why this is none.
            whats.setdefault(".".join([section, *_where(found, mistake)]), []).append(_what(section, schema, mistake))
        sentences = (f"{path}: {where}: {'; or '.join(dict.fromkeys(what))}" for where, what in whats.items())
        raise ParamsError("\n".join(sentences)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"{path}: not found; run this in the project's folder"
        raise ParamsError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{path}: not valid YAML: {error}"
        raise ParamsError(msg) from error
    if not isinstance(values, dict):
        msg = f"{path}: expected one section per stage, found {type(values).__name__}"
        raise ParamsError(msg)
    return values


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _where(values: Any, mistake: Any) -> list[str]:
    """Return the keys that lead to a mistake, without the names that pydantic gives to the kinds of a value."""
    keys: list[str] = []
    for part in mistake["loc"]:
        is_key = part in values if isinstance(values, dict) else isinstance(values, tuple) and isinstance(part, int)
        if is_key:
            values = values[part]
            keys.append(str(part))
    return [*keys, str(mistake["loc"][-1])] if mistake["type"] == "missing" else keys


def _what(section: str, schema: type[Params], mistake: Any) -> str:
    if mistake["type"] == "extra_forbidden":
        known = f"; {section} has: {', '.join(schema.model_fields)}" if len(mistake["loc"]) == 1 else ""
        return f"unknown key{known}"
    if mistake["type"] == "missing":
        return "missing; every value a stage uses is spelled out"
    return f"found {mistake['input']!r}; {mistake['msg'][:1].lower()}{mistake['msg'][1:]}"
