import pytest

from transfer.errors import TrainingError
from transfer.training.strategies import Divided, Falling, Phase, Plan, phases

GROUPS = ("stem", "layer1", "layer2", "layer3", "fc")


def test_rates_fall_from_the_head_to_the_first_layers():
    assert Falling(0.9, 3).over(3) == pytest.approx((0.1, 0.3, 0.9))


def test_a_phase_freezes_what_it_does_not_reach():
    plans = [Plan("head", 1, Falling(8.0, 2)), Plan(2, 3, Falling(8.0, 2)), Plan("all", 4, Falling(8.0, 2), "constant")]

    assert phases(plans, GROUPS) == (
        Phase("head", 1, (0, 0, 0, 0, 8.0)),
        Phase("last 2", 3, (0, 0, 2.0, 4.0, 8.0)),
        Phase("all", 4, (0.5, 1.0, 2.0, 4.0, 8.0), "constant"),
    )
    assert [phase.trains_head_alone for phase in phases(plans, GROUPS)] == [True, False, False]


def test_divisors_are_spread_over_the_depth():
    (phase,) = phases([Plan("all", 1, Divided(1.0, (10, 5)))], GROUPS)
    assert phase.rates == (0.1, 0.1, 0.2, 0.2, 1.0)

    (phase,) = phases([Plan("all", 1, Divided(1.0, (10, 5, 2)))], GROUPS)
    assert phase.rates == (0.1, 0.1, 0.2, 0.5, 1.0)


def test_a_list_of_rates_is_taken_as_it_is():
    (phase,) = phases([Plan(1, 1, (1.0, 2.0, 3.0, 4.0, 5.0))], GROUPS)
    assert phase.rates == (0, 0, 0, 4.0, 5.0)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(9, 1, Falling(1, 1)), "trains the 9 deepest body groups, but there are 4: stem, layer1, layer2, layer3"),
        (Plan("all", 1, (1.0, 2.0)), "2 rates for 5 groups, shallow to deep: stem, layer1, layer2, layer3, fc"),
        (Plan("all", 1, Divided(1.0, (9, 8, 7, 6, 5))), "5 divisors for 4 body groups: stem, layer1, layer2, layer3"),
    ],
)
def test_what_does_not_fit_the_groups_is_refused_with_their_names(plan, message):
    with pytest.raises(TrainingError, match=message):
        phases([plan], GROUPS)
