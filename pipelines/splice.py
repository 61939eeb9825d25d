"""Put values into the text of a YAML file and leave every other character, comments and spacing too, as it is."""

from collections.abc import Mapping
from typing import Any

import yaml

from pipelines.errors import ParamsError

KeyPath = tuple[str, ...]
LONGEST_LINE = 1 << 20


class _OneLine(yaml.SafeDumper):
    """Escapes line breaks, which PyYAML would write as they are."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = '"' if len(f"{data}.".splitlines()) > 1 else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_OneLine.add_representer(str, _OneLine.represent_str)


def splice(text: str, changes: Mapping[KeyPath, Any]) -> str:
    """Return `text` with the value at each path replaced; each path has to exist.

    Raises:
        ParamsError: the text shares values through anchors, so that one change would change another value too.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    spans = sorted((_span(text, root, path, value) for path, value in changes.items()), reverse=True)
    changed = text
    for start, end, value in spans:
        changed = _replace(changed, start, end, value)
    if not _reads_as(changed, _expected(text, changes)):
        msg = "these values cannot be changed one by one, as the file shares values through anchors (& and *)"
        raise ParamsError(msg)
    return changed


def spell(value: Any) -> str:
    """Return `value` as YAML on one line."""
    options: dict[str, Any] = {"width": LONGEST_LINE, "allow_unicode": True, "sort_keys": False}
    written = str(yaml.dump(value, Dumper=_OneLine, default_flow_style=True, **options))
    return written.removesuffix("\n").removesuffix("\n...")


def _span(text: str, root: Any, path: KeyPath, value: Any) -> tuple[int, int, str]:
    key, node = _find(root, path)
    start, end = node.start_mark.index, _end(text, node)
    between = text[key.end_mark.index : start]
    if "\n" not in between:
        return start, end, spell(value) if start != end else f" {spell(value)}"
    # A list or mapping that starts on the next line; a comment behind the key stays behind the key.
    rest = between[between.index(":") + 1 :].rstrip()
    return key.end_mark.index, end, f": {spell(value)}{rest}"


def _find(root: Any, path: KeyPath) -> tuple[Any, Any]:
    key, node = None, root
    for part in path:
        key, node = next((k, v) for k, v in node.value if k.value == part)
    return key, node


def _end(text: str, node: Any) -> int:
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    # The mark of a block scalar (| and >) stands on the line behind it.
    return int(node.start_mark.index) + len(text[node.start_mark.index : node.end_mark.index].rstrip())


def _replace(text: str, start: int, end: int, value: str) -> str:
    behind = text[end:]
    spaces = len(behind) - len(behind.lstrip(" "))
    if spaces and behind[spaces : spaces + 1] == "#" and "\n" not in text[start:end]:
        # Comments stay in their column where there is room.
        behind = " " * max(spaces - len(value) + (end - start), 2) + behind[spaces:]
    return text[:start] + value + behind


def _reads_as(text: str, values: Any) -> bool:
    try:
        return bool(yaml.safe_load(text) == values)
    except yaml.YAMLError:
        return False


def _expected(text: str, changes: Mapping[KeyPath, Any]) -> Any:
    values = yaml.safe_load(text)
    for path, value in changes.items():
        place = values
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
    return values
