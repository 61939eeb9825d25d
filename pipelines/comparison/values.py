"""Compare trees of values by their keys."""

from typing import Any

import yaml

from pipelines.comparison.kinds import PARAMS
from pipelines.comparison.revision import Revision
from pipelines.errors import RevisionError


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


def params(revision: Revision) -> dict[str, Any]:
    """Return the values of a revision's params.yaml; none where it has none.

    Raises:
        RevisionError: it is not YAML.
    """
    try:
        values = yaml.safe_load(revision.text(PARAMS) or "")
    except yaml.YAMLError as error:
        msg = f"{revision.label}: params.yaml: not valid YAML: {error}"
        raise RevisionError(msg) from error
    return values if isinstance(values, dict) else {}
