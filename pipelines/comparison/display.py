"""Show a comparison on the console: one heading per kind of change, what matters first."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.comparison.values import compare
from pipelines.splice import spell
from pipelines.summary import console, number

# Longer lists are cut on the console; JSON has them whole.
MOST_LINES = 8
SIGNIFICANCE = 0.05


def show(found: dict[str, Any]) -> None:
    """Print what changed and what became of the numbers."""
    screen = console()
    screen.print(Text.assemble((f"{found['old']['label']} -> {found['new']['label']}", "bold")))
    for heading, lines in (
        ("data", _data(found["data"])),
        ("params", _params(found["params"])),
        ("code", _code(found["code"])),
        ("weights", _weights(found["weights"])),
        ("environment", _environment(found["environment"])),
    ):
        _section(screen, heading, lines)
    for path, parts in found["metrics"].items():
        _metrics(screen, path, parts)
    if found["answers"]:
        _answers(screen, found["answers"])
    if found["detections"]:
        _detections(screen, found["detections"])
    _remarks(screen, found)


def show_attribution(found: dict[str, Any]) -> None:
    """Print what single changes did to the numbers."""
    screen = console()
    screen.print(Text("\nwhere the change comes from", "bold"))
    kinds = [run["kind"] for run in found["runs"]]
    table = _table("metric", "in all", *[f"{kind} alone" for kind in kinds], "together")
    for row in found["numbers"]:
        table.add_row(row["key"], _signed(row["total"]), *[_signed(row[kind]) for kind in kinds], _signed(row["rest"]))
    if found["numbers"]:
        screen.print(table)
    for run in found["runs"]:
        if run["failed"]:
            screen.print(Text(f"  {run['kind']} alone did not run: {run['failed']}", "yellow"))
        elif run["answers"]:
            told = run["answers"]
            chance = ", within chance" if told["p_value"] >= SIGNIFICANCE else ""
            screen.print(
                f"  {run['kind']} alone: {told['gained']} images gained, {told['lost']} lost of {told['images']}; "
                f"p = {told['p_value']:.3g}{chance}"
            )
    for remark in found["remarks"]:
        screen.print(f"  {remark}")


def _section(screen: Console, heading: str, lines: Sequence[str]) -> None:
    screen.print(Text(f"\n{heading}", "bold"))
    for line in lines or ["no change"]:
        screen.print(f"  {line}")


def _data(found: dict[str, Any]) -> list[str]:
    lines = [f"source {source['path']}: other content" for source in found["sources"]]
    images, boxes = found["images"], found["boxes"]
    if images is None:
        return [*lines, "the tables of a side are missing: nothing to compare"]
    if images["old"] != images["new"] or images["added"] or images["removed"]:
        lines.append(f"{images['old']:,} -> {images['new']:,} images, {images['in_both']:,} in both")
    for what in ("added", "removed", "replaced"):
        lines += _listed(f"images {what}", [_file(entry) for entry in images[what]])
    for what in ("renamed", "relabelled", "moved"):
        lines += _listed(f"images {what}", [_arrow(c) for c in images[what]])
    return lines + _boxes(boxes)


def _boxes(found: dict[str, Any] | None) -> list[str]:
    if found is None or not (found["changes"] or found["old"] != found["new"]):
        return []
    counts = [f"{found[what]:,} {what}" for what in ("added", "removed", "moved", "recategorised") if found[what]]
    lines = [f"{found['old']:,} -> {found['new']:,} boxes; in images of both: {', '.join(counts) or 'no change'}"]
    return lines + _listed("", [f"{c['image']}: {c['change']} {_box(c)}" for c in found["changes"]])


def _box(change: dict[str, Any]) -> str:
    old, new = change["old"], change["new"]
    if change["change"] == "recategorised":
        return f"{old['category']} -> {new['category']}"
    return str((new or old)["category"])


def _params(changes: Sequence[dict[str, Any]]) -> list[str]:
    return _cut([f"{c['key']}  {_value(c, 'old', 'added')} -> {_value(c, 'new', 'removed')}" for c in changes], 40)


def _value(change: dict[str, Any], side: str, absent: str) -> str:
    return "(none)" if change["change"] == absent else spell(change[side])


def _code(found: dict[str, Any]) -> list[str]:
    lines = [f"{path}: {entry['change']}; {_some(entry['stages'])}" for path, entry in found["files"].items()]
    lines += [f"stage {name}: {s['change']}" for name, s in found["stages"].items() if s["change"] != "changed"]
    return _cut(lines + [f"stage {name}: other command" for name, s in found["stages"].items() if s["command"]], 20)


def _weights(found: dict[str, Any]) -> list[str]:
    lines = [f"source {source['path']}: {_hashes(source)}" for source in found["sources"]]
    for model in found["models"]:
        lines.append(f"{model['path']}: {_hashes(model)}")
        # What differs first is where the models part; the later steps follow from it.
        lines += [f"    {_step(step)}" for step in (model["lineage"] or [])[:1]]
    return lines


def _step(step: dict[str, Any]) -> str:
    name = (step["new"] or step["old"]).get("stage", "")
    if step["old"] is None or step["new"] is None:
        return f"step {step['step']} of the lineage, {name}: {'added' if step['old'] is None else 'removed'}"
    changes = [f"{c['key']} {_short(c['old'])} -> {_short(c['new'])}" for c in compare(step["old"], step["new"])]
    return f"from step {step['step']} of the lineage, {name}: {', '.join(changes[:4])}"


def _short(value: Any) -> str:
    is_hash = isinstance(value, str) and len(value) in {32, 40, 64} and set(value) <= set("0123456789abcdef")
    return value[:8] if is_hash else spell(value)


def _environment(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["not recorded by both"]
    told = [f"{c['key']}  {spell(c['old'])} -> {spell(c['new'])}; {_some(c['stages'])}" for c in found["changes"]]
    return _cut(told, 20)


def _metrics(screen: Console, path: str, parts: dict[str, Any]) -> None:
    screen.print(Text(f"\n{path}", "bold"))
    changed = [row for row in [*parts["numbers"], *parts["slices"]] if row["change"] != 0]
    if changed:
        table = _table("", "old", "new", "change")
        for row in changed:
            table.add_row(row["key"], _number(row["old"]), _number(row["new"]), _signed(row["change"]))
        screen.print(table)
    _classes(screen, parts["per_class"])
    if not changed and not _moved(parts["per_class"]):
        screen.print("  no change")


def _classes(screen: Console, classes: dict[str, Any]) -> None:
    moved = _moved(classes)
    if not moved:
        return
    measures = list(dict.fromkeys(measure for name in moved for measure in classes[name]))
    table = _table("class", *measures)
    for name in moved:
        table.add_row(name, *[_from_to(classes[name].get(measure)) for measure in measures])
    screen.print(table)


def _moved(classes: dict[str, Any]) -> list[str]:
    return [name for name, measures in classes.items() if any(m["change"] != 0 for m in measures.values())]


def _answers(screen: Console, found: dict[str, Any]) -> None:
    screen.print(Text(f"\nclassifier, image by image: {_common(found)}", "bold"))
    table = _table("", "", "images", "gained", "lost", "change", "95 % interval", "p (McNemar)")
    for row in found["changes"]:
        if row["gained"] or row["lost"] or row["kind"] == "all":
            kind = "" if row["kind"] == "all" else row["kind"]
            counts = [f"{row[key]:,}" for key in ("images", "gained", "lost")]
            ends = f"{row['low']:+.4f} to {row['high']:+.4f}"
            table.add_row(kind, row["name"], *counts, _signed(row["change"]), ends, f"{row['p_value']:.3g}")
    screen.print(table)


def _detections(screen: Console, found: dict[str, Any]) -> None:
    screen.print(Text(f"\ndetector, image by image: {_common(found)}", "bold"))
    table = _table("AP50 of", "old", "new", "change", "95 % interval (bootstrap)")
    for row in found["changes"]:
        ends = "" if row["low"] is None else f"{row['low']:+.4f} to {row['high']:+.4f}"
        table.add_row(row["name"], _number(row["old"]), _number(row["new"]), _signed(row["change"]), ends)
    if found["changes"]:
        screen.print(table)


def _remarks(screen: Console, found: dict[str, Any]) -> None:
    screen.print()
    if found["stale"]:
        text = f"Not run since the last changes: {', '.join(found['stale'])}; their results are of before."
        screen.print(Text(text, "yellow"))
    for lost in found["missing"]:
        where = f"{lost['path']} of {lost['revision']}"
        text = f"{where} is not in DVC's cache here; `{lost['fetch']}` brings it if a remote has it."
        screen.print(Text(text, "yellow"))


def _common(found: dict[str, Any]) -> str:
    lone = [
        f"{found[key]:,} only in the {side}" for key, side in (("only_old", "old"), ("only_new", "new")) if found[key]
    ]
    again = [f"{found['relabelled']:,} relabelled and left out"] if found.get("relabelled") else []
    return ", ".join([f"{found['in_both']:,} test images in both", *lone, *again])


def _listed(heading: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    head = [f"{len(entries):,} {heading}:"] if heading else []
    return [*head, *[f"  {line}" for line in _cut(entries, MOST_LINES)]]


def _cut(lines: Sequence[str], most: int) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], f"... and {more:,} more (--json has all)"] if more > 0 else list(lines)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def _file(entry: Any) -> str:
    return str(entry["file"]) + (f" ({entry['label']})" if entry["label"] else "") if isinstance(entry, dict) else entry


def _arrow(change: dict[str, Any]) -> str:
    return f"{change['file']}: {change['old']} -> {change['new']}"


def _hashes(entry: dict[str, Any]) -> str:
    return f"{(entry['old'] or '(none)')[:8]} -> {(entry['new'] or '(none)')[:8]}"


def _from_to(measure: dict[str, Any] | None) -> str:
    if measure is None:
        return ""
    return _number(measure["new"]) + (f" ({_signed(measure['change'])})" if measure["change"] else "")


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+d}" if isinstance(value, int) else f"{value:+.4f}"


def _table(first: str, *columns: str) -> Table:
    table = Table(first, box=None, header_style="bold", pad_edge=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table
