import pytest

from transfer.errors import TrainingError
from transfer.training.strategies import Phase, Step, discriminative_rates, full, gradual


def test_rates_fall_from_the_head_to_the_first_layers():
    assert discriminative_rates(3, learning_rate=0.9, decay=3) == pytest.approx((0.1, 0.3, 0.9))


def test_gradual_freezes_what_its_step_does_not_reach():
    phases = gradual([Step(0, 1), Step(2, 3), Step("all", 4)], 4, learning_rate=8.0, decay=2)

    assert phases == (
        Phase("head+0", 1, (0, 0, 0, 8.0)),
        Phase("head+2", 3, (0, 2.0, 4.0, 8.0)),
        Phase("head+3", 4, (1.0, 2.0, 4.0, 8.0)),
    )


def test_unfreezing_more_groups_than_there_are_is_refused():
    with pytest.raises(
        TrainingError, match=r"unfreezes 9 body groups, but this architecture has 3; use 0\.\.3 or 'all'"
    ):
        gradual([Step(9, 1)], 4, learning_rate=1, decay=1)


def test_full_trains_everything_at_one_rate():
    assert full([Step(1, 2), Step("all", 3)], 3, learning_rate=0.1, decay=5) == (Phase("all", 5, (0.1, 0.1, 0.1)),)
