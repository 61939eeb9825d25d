import xml.etree.ElementTree as ElementTree

import pandas as pd

from transfer.data.gate import charts


def test_bars_are_as_long_as_the_counts_and_names_are_escaped() -> None:
    drawing = ElementTree.fromstring(charts.bars({"<b>": 10, "c": 5}, unit="images"))
    widths = [float(bar.attrib["width"]) for bar in drawing.iter("rect")]
    assert 2 * widths[1] == widths[0]
    assert ["<b>", "10", "c", "5"] == [text.text for text in drawing.iter("text")]


def test_boxes_are_drawn_where_their_size_says() -> None:
    boxes = pd.DataFrame({"category": ["p"], "x_min": [5.0], "x_max": [55.0], "y_min": [0.0], "y_max": [100.0]})
    drawing = ElementTree.fromstring(charts.box_sizes(boxes, ("p",), longest=100.0))
    (dot,) = drawing.iter("circle")
    assert (40 + charts.PLOT / 2, 10) == (float(dot.attrib["cx"]), float(dot.attrib["cy"]))


def test_many_boxes_are_sampled_evenly_and_none_draw_nothing() -> None:
    many = pd.DataFrame({"category": "p", "x_min": 0.0, "x_max": range(5000), "y_min": 0.0, "y_max": 1.0})
    drawing = charts.box_sizes(many, ("p",), longest=5000.0)
    assert charts.MOST_POINTS == drawing.count("<circle")
    assert 0 == charts.box_sizes(many.iloc[:0], ("p",), longest=1.0).count("<circle")
