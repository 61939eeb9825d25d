import pytest

from transfer.report import plots
from transfer.report.plots import Frame


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.5, 14.5, [5, 10]), (0, 1.93, [0, 0.5, 1, 1.5]), (3, 3, [3])],
)
def test_ticks_are_round_and_inside(low, high, expected) -> None:
    assert expected == plots.ticks(low, high)


def test_values_come_to_stand_between_the_edges() -> None:
    frame = Frame((0, 10), (0, 1), width=120, height=60, left=10, right=10, top=5, bottom=15)

    assert (10, 60, 110) == tuple(map(frame.x, (0, 5, 10)))
    assert (45, 25, 5) == tuple(map(frame.y, (0, 0.5, 1)))
    assert "M10,45 L110,5" == plots.path(frame, [0, 10], [0, 1])
    assert "" == plots.path(frame, [], [])


def test_a_range_of_one_value_is_in_the_middle() -> None:
    assert 60 == Frame((3, 3), (0, 1), width=120, left=10, right=10).x(3)
