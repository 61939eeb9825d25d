"""Values that take the place of some in params.yaml: from files, and from `--set section.key=value`."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ParamsError
from pipelines.splice import KeyPath


@dataclass(frozen=True)
class Change:
    """One value of params.yaml that becomes another."""

    path: KeyPath
    old: Any
    new: Any


def changes(
    current: Mapping[str, Any], files: Sequence[Path], settings: Sequence[str], *, exact: bool = True
) -> list[Change]:
    """Return what `files`, and after them `settings`, change in `current`; later ones win.

    Mappings are merged, everything else (lists too) is replaced as a whole. Unless `exact`, text and numbers may take
    each other's place, for values like "all" or 3, of which a schema knows more than the value that stands there now.

    Raises:
        ParamsError: a section or key that `current` does not have, a value of another type than the one it replaces,
            or text that is not YAML.
    """
    overlays = [*((_read(file), str(file)) for file in files), *((_parse(text), f"--set {text}") for text in settings)]
    new: dict[KeyPath, Any] = {}
    for overlay, origin in overlays:
        for path, value in _assignments(current, overlay, origin):
            new[path] = _fitted(path, _at(current, path), value, origin=origin, exact=exact)
    made = [Change(path, _at(current, path), value) for path, value in new.items()]
    return [change for change in made if not _same(change.old, change.new)]


def applied(current: Mapping[str, Any], made: Sequence[Change]) -> dict[str, Any]:
    """Return `current` with the changes made; `current` stays as it is."""
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in current.items()}
    for change in made:
        _assign(result, change.path, change.new)
    return result


def _read(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"{file}: not found"
        raise ParamsError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{file}: not valid YAML: {error}"
        raise ParamsError(msg) from error
    if not isinstance(values, dict):
        msg = f"{file}: expected sections of params.yaml, found {type(values).__name__}"
        raise ParamsError(msg)
    return values


def _parse(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    path = name.strip().split(".")
    if not equals or len(path) < 2 or not all(path):
        msg = f"--set {text}: expected section.key=value, for example --set runtime.seed=1"
        raise ParamsError(msg)
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        msg = f"--set {text}: the value is not valid YAML: {error}"
        raise ParamsError(msg) from error
    for part in reversed(path):
        parsed = {part: parsed}
    return dict(parsed)


def _assignments(
    current: Mapping[str, Any], overlay: Mapping[str, Any], origin: str, path: KeyPath = ()
) -> Iterator[tuple[KeyPath, Any]]:
    for key, value in overlay.items():
        here = (*path, str(key))
        if key not in current:
            raise ParamsError(_unknown(here, current, origin))
        old = current[key]
        if isinstance(old, dict) and old and isinstance(value, dict):
            yield from _assignments(old, value, origin, here)
        else:
            yield here, value


def _fitted(path: KeyPath, old: Any, new: Any, *, origin: str, exact: bool) -> Any:
    """Return `new` as a value of the type of `old`; nothing stands for any type, as "none" may be an allowed value."""
    if isinstance(old, float) and isinstance(new, int | str) and not isinstance(new, bool):
        # YAML 1.1 reads 1e-3, without a point, as text.
        new = _as_float(new)
    interchangeable = not exact and {type(old), type(new)} <= {str, int, float}
    if old is None or new is None or type(old) is type(new) or interchangeable:
        return new
    where = ".".join(path)
    msg = f"{origin}: {where}: found {new!r} ({_kind(new)}), expected {_kind(old)} as in params.yaml, which has {old!r}"
    raise ParamsError(msg)


def _as_float(value: int | str) -> float | int | str:
    try:
        return float(value)
    except ValueError:
        return value


def _unknown(path: KeyPath, current: Mapping[str, Any], origin: str) -> str:
    kind = "section" if len(path) == 1 else "key"
    close = difflib.get_close_matches(path[-1], list(current), n=1)
    known = f"did you mean {'.'.join((*path[:-1], close[0]))}?" if close else f"it has: {', '.join(current)}"
    return f"{origin}: params.yaml has no {kind} {'.'.join(path)}; {known}"


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "a mapping" if isinstance(value, dict) else type(value).__name__)


def _at(values: Any, path: KeyPath) -> Any:
    for part in path:
        values = values[part]
    return values


def _assign(values: dict[str, Any], path: KeyPath, new: Any) -> None:
    for part in path[:-1]:
        values[part] = dict(values[part])
        values = values[part]
    values[path[-1]] = new


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)
