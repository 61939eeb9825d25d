from itertools import pairwise

import pytest

from transfer.report import line_graph

LINE = {
    "ingest": [],
    "validate": ["ingest"],
    "split": ["ingest", "validate"],
    "backbone": [],
    "unused": [],
    "tune": ["split", "backbone", "ingest"],
    "evaluate": ["tune", "split"],
    "explain": ["tune"],
    "warm": ["tune"],
    "detect": ["warm"],
    "report": ["evaluate", "explain", "detect", "ingest"],
}


def reachable(upstream, name):
    return {before for direct in upstream[name] for before in [direct, *reachable(upstream, direct)]}


def test_an_arrow_is_left_out_exactly_if_others_imply_it() -> None:
    found = line_graph.reduced(LINE)

    assert ["split", "backbone"] == found["tune"]
    for name in LINE:
        assert reachable(LINE, name) == reachable(found, name)
        for direct in found[name]:
            others = {**found, name: [before for before in found[name] if before != direct]}
            assert direct not in reachable(others, name)


def test_no_two_stages_share_a_place_and_every_arrow_leads_to_the_right() -> None:
    graph = line_graph.lay_out(LINE)
    places = {node.name: (node.x, node.y) for node in graph.nodes}

    assert len(LINE) == len(set(places.values()))
    for name, before in LINE.items():
        assert all(places[other][0] < places[name][0] for other in before)


def test_everything_is_inside_the_picture() -> None:
    graph = line_graph.lay_out(LINE)

    for node in graph.nodes:
        assert 0 <= node.x <= graph.width - line_graph.NODE_WIDTH
        assert 0 <= node.y <= graph.height - line_graph.NODE_HEIGHT


def corners(arrow):
    """Return the points of a path, its curves as their ends."""
    x, y, points = 0.0, 0.0, []
    for word in arrow.split():
        kind, text = (word[0], word[1:]) if word[0].isalpha() else ("", word)
        if kind == "H":
            x = float(text)
        elif kind == "V":
            y = float(text)
        else:
            x, y = map(float, text.split(","))
        points.append((x, y))
    return points


def test_no_arrow_crosses_a_stage() -> None:
    graph = line_graph.lay_out(LINE)

    for arrow in graph.arrows:
        for (x1, y1), (x2, y2) in pairwise(corners(arrow)):
            for node in graph.nodes:
                apart = (
                    max(x1, x2) <= node.x
                    or min(x1, x2) >= node.x + line_graph.NODE_WIDTH
                    or max(y1, y2) <= node.y
                    or min(y1, y2) >= node.y + line_graph.NODE_HEIGHT
                )
                assert apart, (arrow, node)


def test_what_waits_for_nothing_stands_just_before_what_needs_it() -> None:
    places = {node.name: node.x for node in line_graph.lay_out(LINE).nodes}

    assert places["tune"] - line_graph.COLUMN == places["backbone"]
    assert places["ingest"] == places["unused"]


@pytest.mark.parametrize("line", [{}, {"one": []}])
def test_a_line_may_be_short(line) -> None:
    assert len(line) == len(line_graph.lay_out(line).nodes)
