import numpy as np
import pytest

from tests.transfer.selection.made_up import entry, tournament
from transfer.selection import paired, recommendation, standings
from transfer.selection.standings import Statistics

STATISTICS = Statistics(confidence=0.95, significance=0.05, resamples=1000, seed=0)


def test_each_size_has_a_best_and_the_others_are_tested_against_it() -> None:
    entries = [
        entry("linear_probe", 5, (0.80, 0.82)),
        entry("gradual", 5, (0.60, 0.62)),
        entry("linear_probe", "all", (0.90, 0.91)),
        entry("gradual", "all", (0.98, 0.99)),
        entry("partial", "all", (0.98, 0.98)),
    ]

    found = standings.build(tournament(*entries), STATISTICS)

    assert ["best", "worse", "worse", "best", "not worse"] == [row.verdict for row in found.rows]
    raw = [paired.sign_flip(entries[3].correct, entries[index].correct) for index in (2, 4)]
    assert raw == [found.rows[index].to_best.p_value for index in (2, 4)]
    assert paired.holm(raw) == [found.rows[index].to_best.p_adjusted for index in (2, 4)]
    assert found.rows[2].to_best.points == pytest.approx(0.905 - 0.985, abs=0.003)
    assert found.rows[2].to_best.interval[0] < found.rows[2].to_best.points < found.rows[2].to_best.interval[1] < 0
    assert found.rows[3].accuracy == pytest.approx(np.mean([r.accuracy for r in entries[3].results]))


def test_of_equally_accurate_ones_the_fastest_is_the_best() -> None:
    slow, fast = entry("partial", 5, (1.0, 1.0), seconds=9), entry("gradual", 5, (1.0, 1.0), seconds=3)

    assert fast is standings.best([slow, fast])


def test_the_cheapest_that_is_not_worse_is_recommended() -> None:
    found = tournament(
        entry("linear_probe", 5, (0.70, 0.72), seconds=1),
        entry("gradual", 5, (0.75, 0.77), seconds=10),
        entry("partial", 5, (0.74, 0.76), seconds=5),
        entry("linear_probe", "all", (0.90, 0.91), seconds=2),
        entry("gradual", "all", (0.98, 0.99), seconds=100),
        entry("partial", "all", (0.98, 0.98), seconds=50),
    )

    advice = recommendation.recommend(found, standings.build(found, STATISTICS))

    assert ("partial", "gradual") == (advice.row.entry.strategy, advice.best.entry.strategy)
    assert advice.smaller is None
    assert advice.sentence().startswith("Use partial on backbone: 97.78% of the test images right with all training")
    assert "in 50 s, not significantly worse than the best, gradual on backbone, with 98.33%" in advice.sentence()
    assert "already" not in advice.sentence()


def test_a_smaller_size_that_suffices_is_pointed_out() -> None:
    found = tournament(
        entry("gradual", 5, (0.70, 0.72)),
        entry("gradual", 20, (0.99, 0.99)),
        entry("gradual", "all", (0.99, 1.0)),
    )

    advice = recommendation.recommend(found, standings.build(found, STATISTICS))

    assert 20 == advice.smaller.entry.size
    assert "nothing as good trains in less than its 10 s" in advice.sentence()
    assert "20 training images per class already reach that: gradual on backbone is not" in advice.sentence()
