from typing import Any

import numpy as np
import pytest
from PIL import Image

from transfer.data.decode import UPRIGHT, ImageFacts
from transfer.data.ingest.boxes import judge, place, turned
from transfer.data.ingest.findings import KINDS, Finding, Ledger
from transfer.data.ingest.formats.records import RawBox, RawImage


def tolerant(**actions: str) -> Ledger:
    usual = {name: "drop" if "drop" in kind.allowed else "keep" for name, kind in KINDS.items()}
    return Ledger({**usual, **actions})


def facts(width: int = 100, height: int = 50, orientation: int = 1) -> ImageFacts:
    return ImageFacts("PNG", "RGB", width, height, orientation, bits=8, num_frames=1, values=None)


def judged(boxes: list[RawBox], ledger: Ledger | None = None, **options: Any) -> tuple[list[RawBox], list[Finding]]:
    ledger = ledger or tolerant()
    found = list(judge(RawImage("a.png", "a.xml"), boxes, facts(), ledger, categories=options.get("categories", ())))
    return found, ledger.findings()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_box_holds_the_pixels_it_held_before(orientation: int) -> None:
    stored = np.zeros((40, 70), np.uint8)
    stored[5:12, 20:50] = 255
    image = Image.fromarray(stored)
    upright = np.asarray(image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image)
    box = turned(RawBox("a", 20, 5, 50, 12), orientation, width=70, height=40)
    rows, columns = np.nonzero(upright)
    assert (box.x_min, box.y_min, box.x_max, box.y_max) == (
        columns.min(),
        rows.min(),
        columns.max() + 1,
        rows.max() + 1,
    )


def test_boxes_drawn_on_the_unturned_image_are_turned_with_it() -> None:
    record = RawImage("a.jpg", "a.xml", boxes=(RawBox("a", 0, 0, 10, 5),), size=(50, 100))
    assert place(record, facts(100, 50, orientation=6), tolerant()) == [RawBox("a", 95, 0, 100, 10)]


@pytest.mark.parametrize("size", [(100, 50), None])
def test_boxes_drawn_on_the_upright_image_or_without_size_stay(size: tuple[int, int] | None) -> None:
    record = RawImage("a.jpg", "a.xml", boxes=(RawBox("a", 0, 0, 10, 5),), size=size)
    assert place(record, facts(100, 50, orientation=6), tolerant()) == list(record.boxes)


def test_shares_are_multiplied_by_the_size() -> None:
    record = RawImage("a.jpg", "a.txt", boxes=(RawBox("a", 0.25, 0.5, 0.5, 1.0),), relative=True)
    assert place(record, facts(100, 50), tolerant()) == [RawBox("a", 25, 25, 50, 50)]


def test_boxes_of_another_scale_are_scaled_when_asked() -> None:
    record = RawImage("a.jpg", "a.xml", boxes=(RawBox("a", 20, 10, 200, 100),), size=(200, 100))
    ledger = tolerant(size_differs="fix")
    assert place(record, facts(100, 50), ledger) == [RawBox("a", 10, 5, 100, 50)]
    assert ledger.findings() == [
        Finding("size_differs", "a.jpg", "a.xml says 200 x 100, the image has 100 x 50", "fix")
    ]
    assert place(record, facts(100, 50), tolerant()) is None


def test_an_annotation_for_another_shape_costs_the_image() -> None:
    record = RawImage("a.jpg", "a.xml", boxes=(RawBox("a", 0, 0, 10, 10),), size=(50, 100))
    ledger = tolerant()
    assert place(record, facts(100, 50), ledger) is None
    assert [(found.finding, found.reason) for found in ledger.findings()] == [
        ("shape_differs", "a.xml says 50 x 100, the image has 100 x 50")
    ]


@pytest.mark.parametrize("corners", [(5, 5, 5, 9), (5, 5, 9, 5), (9, 5, 5, 9), (5, 5, 5, 5)])
def test_boxes_without_area_are_named(corners: tuple[int, int, int, int]) -> None:
    boxes, found = judged([RawBox("scratch", *corners)])
    assert boxes == []
    assert [(one.finding, one.file) for one in found] == [("zero_area_box", "a.png")]
    assert f"scratch ({corners[0]}, {corners[1]}," in found[0].reason


def test_boxes_outside_the_image_are_named() -> None:
    boxes, found = judged([RawBox("a", 100, 0, 110, 10), RawBox("a", 5, -9, 8, 0)], tolerant(box_over_edge="fix"))
    assert boxes == []
    assert [(one.finding, one.reason) for one in found] == [
        ("box_outside_image", "a (100, 0, 110, 10) outside 100 x 50"),
        ("box_outside_image", "a (5, -9, 8, 0) outside 100 x 50"),
    ]


def test_boxes_over_the_edge_are_clipped_when_asked() -> None:
    over = [RawBox("a", -3, 10, 20, 60)]
    boxes, found = judged(over, tolerant(box_over_edge="fix"))
    assert boxes == [RawBox("a", 0, 10, 20, 50)]
    assert found == [Finding("box_over_edge", "a.png", "a (-3, 10, 20, 60) over 100 x 50", "fix")]
    assert judged(over)[0] == []


def test_rounding_is_clipped_without_a_finding() -> None:
    assert judged([RawBox("a", -0.4, 0, 100.4, 10)]) == ([RawBox("a", 0, 0, 100, 10)], [])


def test_repeated_boxes_are_named_and_the_first_stays() -> None:
    box = RawBox("a", 1, 2, 3, 4)
    boxes, found = judged([box, RawBox("b", 1, 2, 3, 4), box])
    assert boxes == [box, RawBox("b", 1, 2, 3, 4)]
    assert [(one.finding, one.reason) for one in found] == [("repeated_box", "a (1, 2, 3, 4) again")]
    assert judged([box, box], tolerant(repeated_box="keep"))[0] == [box, box]


def test_categories_that_are_not_declared_are_named() -> None:
    boxes, found = judged([RawBox("a", 1, 2, 3, 4), RawBox("b", 1, 2, 3, 4)], categories=("a",))
    assert boxes == [RawBox("a", 1, 2, 3, 4)]
    assert [(one.finding, one.reason) for one in found] == [
        ("unknown_class", "b (1, 2, 3, 4): not among ingest_data.categories")
    ]
