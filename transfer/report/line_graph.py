"""Lay out the line's graph: a column per step on the longest way, rows for branches, free lanes for long arrows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

COLUMN, ROW = 102, 88
NODE_WIDTH, NODE_HEIGHT = 84, 70
GAP = COLUMN - NODE_WIDTH
MARGIN, RADIUS = 6, 6

Upstream = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Node:
    """A stage, with the upper left corner of its box in SVG units."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Graph:
    """Where boxes and arrows come to stand; arrows are SVG paths."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    arrows: tuple[str, ...]
    node_width: float = NODE_WIDTH
    node_height: float = NODE_HEIGHT


def lay_out(upstream: Upstream) -> Graph:
    """Place the stages, given with those that each waits for; arrows that other arrows imply are left out."""
    needed = reduced(upstream)
    columns = _columns(needed)
    rows, lanes = _rows(needed, columns)
    order = sorted(columns, key=lambda name: (columns[name], rows[name]))
    nodes = {name: Node(name, MARGIN + columns[name] * COLUMN, MARGIN + rows[name] * ROW) for name in order}
    return Graph(
        width=2 * MARGIN + max(columns.values(), default=0) * COLUMN + NODE_WIDTH,
        height=2 * MARGIN + max([*rows.values(), *lanes.values()], default=0) * ROW + NODE_HEIGHT,
        nodes=tuple(nodes.values()),
        arrows=tuple(_arrow(nodes[a], nodes[b], lanes.get((a, b), rows[b])) for b in order for a in needed[b]),
    )


def reduced(upstream: Upstream) -> dict[str, list[str]]:
    """Return what each stage waits for directly: not also by way of another stage."""
    behind: dict[str, set[str]] = {}
    for name in TopologicalSorter(upstream).static_order():
        behind[name] = set(upstream[name]).union(*(behind[before] for before in upstream[name]))
    return {
        name: [a for a in before if not any(a in behind[b] for b in before if a != b)]
        for name, before in upstream.items()
    }


def _columns(upstream: Upstream) -> dict[str, int]:
    order = list(TopologicalSorter(upstream).static_order())
    columns: dict[str, int] = {}
    for name in order:
        columns[name] = max((columns[before] + 1 for before in upstream[name]), default=0)
    for name in reversed(order):
        after = [columns[other] for other in upstream if name in upstream[other]]
        # What waits for nothing stands just before what first needs it.
        if not upstream[name] and after:
            columns[name] = min(after) - 1
    return columns


def _rows(upstream: Upstream, columns: Mapping[str, int]) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the row of each stage, and the lane of each arrow that passes columns.

    The longest way is the first row; everything else stands as near to what it waits for as there is room.
    """
    rows = dict.fromkeys(_longest_way(upstream, columns), 0)
    lanes: dict[tuple[str, str], int] = {}
    taken = {(columns[name], 0) for name in rows}
    for name in sorted(upstream, key=lambda name: columns[name]):
        if name not in rows:
            wish = max((rows[before] for before in upstream[name]), default=1)
            rows[name] = _free(taken, {columns[name]}, wish)
        waiting = [other for other in upstream if name in upstream[other]]
        passed = set(range(columns[name] + 1, max((columns[other] for other in waiting), default=0)))
        if passed:
            # Arrows from one stage share a lane, from which they branch off.
            lane = _free(taken, passed, rows[name])
            lanes |= {(name, other): lane for other in waiting if columns[other] > columns[name] + 1}
    return rows, lanes


def _free(taken: set[tuple[int, int]], columns: set[int], wish: int) -> int:
    row = wish
    while any((column, row) in taken for column in columns):
        row += 1
    taken |= {(column, row) for column in columns}
    return row


def _longest_way(upstream: Upstream, columns: Mapping[str, int]) -> list[str]:
    way = [max(columns, key=lambda name: columns[name])] if columns else []
    while way and upstream[way[-1]]:
        way.append(max(upstream[way[-1]], key=lambda before: columns[before]))
    return way


def _arrow(start: Node, end: Node, lane: int) -> str:
    """Go over to the lane just behind the start, and to the end's row just before the end: no box is crossed."""
    y1, y2 = start.y + NODE_HEIGHT / 2, end.y + NODE_HEIGHT / 2
    x1, x2 = start.x + NODE_WIDTH, end.x
    y = MARGIN + lane * ROW + NODE_HEIGHT / 2
    return f"M{x1:g},{y1:g} {_turn(x1 + GAP / 2, y1, y)} {_turn(x2 - GAP / 2, y, y2)} H{x2 - 2:g}"


def _turn(x: float, y1: float, y2: float) -> str:
    if y1 == y2:
        return f"H{x:g}"
    step = RADIUS if y2 > y1 else -RADIUS
    before, after = (
        f"H{x - RADIUS:g} Q{x:g},{y1:g} {x:g},{y1 + step:g}",
        f"V{y2 - step:g} Q{x:g},{y2:g} {x + RADIUS:g},{y2:g}",
    )
    return f"{before} {after}"
