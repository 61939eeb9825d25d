"""Options of a stage's command line, `--name value`: what tells the cells of one matrix stage apart."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from transfer.errors import ParamsError


def read(words: Sequence[str], types: Mapping[str, Any]) -> dict[str, Any]:
    """Read `--name value` for every name in `types`, as a value of its type.

    Raises:
        ParamsError: an option is unknown, missing, repeated, without a value, or its value is not of its type.
    """
    texts = _pairs(words, types)
    missing = [name for name in types if name not in texts]
    if missing:
        msg = f"missing: {', '.join(f'--{name}' for name in missing)}; dvc.yaml passes them on from the matrix"
        raise ParamsError(msg)
    return {name: _typed(name, texts[name], kind) for name, kind in types.items()}


def _pairs(words: Sequence[str], types: Mapping[str, Any]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for option, value in zip(words[::2], [*words[1::2], None], strict=False):
        name = option.removeprefix("--").replace("-", "_")
        if not option.startswith("--") or name not in types:
            raise ParamsError(_unknown(option, name, types))
        if value is None or name in texts:
            msg = f"{option}: {'given twice' if name in texts else 'its value is missing'}"
            raise ParamsError(msg)
        texts[name] = value
    return texts


def _unknown(option: str, name: str, types: Mapping[str, Any]) -> str:
    if not types:
        return f"found {option!r}; this stage takes no options, its values are in params.yaml"
    close = difflib.get_close_matches(name, types, n=1)
    known = f"did you mean --{close[0]}?" if close else f"it takes: {', '.join(f'--{name}' for name in types)}"
    return f"found {option!r}, which is not an option of this stage; {known}"


def _typed(name: str, text: str, kind: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_strings(text)
    except ValidationError as error:
        # A union has one mistake for each of its members.
        why = "; or ".join(dict.fromkeys(mistake["msg"][:1].lower() + mistake["msg"][1:] for mistake in error.errors()))
        msg = f"--{name}: found {text!r}; {why}"
        raise ParamsError(msg) from error
