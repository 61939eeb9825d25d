"""Compare what JSON can say: numbers within the tolerance, everything else exactly."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.audit.values.difference import Difference, Rules, of_numbers

# Of a file whose digest stands beside them.
SIZES = {"size", "nfiles"}
# What tells of the machine in a record of one, known by one of its other keys: no difference of what was computed.
MACHINE = {"packages": {"cpu", "gpu", "platform"}, "cpu_capability": {"cpu_capability", "device"}}
LONGEST = 80


def compare_json(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare two JSON files."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (recorded, found))
    yield from compare(old, new, "", rules)


def compare_json_lines(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare two files of JSON values, one on each line."""
    old, new = ([json.loads(line) for line in p.read_text(encoding="utf-8").splitlines()] for p in (recorded, found))
    yield from compare(old, new, "line", rules)


def compare(old: Any, new: Any, where: str, rules: Rules) -> Iterator[Difference]:
    """Yield each place in which two values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _mappings(old, new, where, rules)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from compare(a, b, f"{where}[{index}]", rules)
    elif _is_number(old) and _is_number(new) and (isinstance(old, float) or isinstance(new, float)):
        difference = of_numbers(float(old), float(new), rules.numbers, where or "value")
        if difference:
            yield difference
    elif not _is_same(old, new, rules):
        yield Difference(where or "value", shown(old), shown(new))


def parsed(text: str) -> Any:
    """Return what a text says in JSON, or the text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def shown(value: Any) -> str:
    """Return a value for a sentence."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _mappings(old: dict[str, Any], new: dict[str, Any], where: str, rules: Rules) -> Iterator[Difference]:
    follows = any(isinstance(value, str) and value in rules.digests for value in old.values())
    machine = {key for known, keys in MACHINE.items() if known in old and known in new for key in keys}
    for key in [*old, *(key for key in new if key not in old)]:
        place = f"{where}.{key}" if where else str(key)
        if key not in new or key not in old:
            yield Difference(
                place, shown(old[key]) if key in old else "none", shown(new[key]) if key in new else "none"
            )
        elif key in machine:
            yield from (replace(found, excess=0.0) for found in compare(old[key], new[key], place, rules))
        elif not (follows and key in SIZES):
            yield from compare(old[key], new[key], place, rules)


def _is_same(old: Any, new: Any, rules: Rules) -> bool:
    if type(old) is not type(new):
        return False
    return bool(old == new) or (isinstance(old, str) and rules.with_new_digests(old) == new)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
