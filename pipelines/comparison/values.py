"""Compare trees of values by their keys."""

from typing import Any


def flat(values: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return every value by its dotted key; lists are values, and so are empty mappings."""
    if not isinstance(values, dict) or (path and not values):
        return {".".join(path): values}
    return {key: value for name in values for key, value in flat(values[name], (*path, str(name))).items()}


def compare(old: Any, new: Any) -> list[dict[str, Any]]:
    """List the keys whose values are not the same: `change` is "changed", "added" or "removed"."""
    before, after = flat(old), flat(new)
    found = []
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            found.append({"key": key, "change": "removed", "old": before[key], "new": None})
        elif key not in before:
            found.append({"key": key, "change": "added", "old": None, "new": after[key]})
        elif type(before[key]) is not type(after[key]) or before[key] != after[key]:
            found.append({"key": key, "change": "changed", "old": before[key], "new": after[key]})
    return found
