from datetime import UTC, datetime, timedelta

from transfer.report import line_section

LINE = {"ingest": [], "train": ["ingest"], "report": ["train"]}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def states(**starts):
    times = {name: (NOON + timedelta(minutes=minutes), 30.0) for name, minutes in starts.items()}
    line = line_section.build(LINE, times, own="report")
    return {name: step.state for name, step in line.steps.items()}


def test_on_the_first_page_everything_that_has_a_time_ran() -> None:
    assert {"ingest": "ran", "train": "ran", "report": "now"} == states(ingest=0, train=5)


def test_what_ended_before_the_page_before_was_begun_is_reused() -> None:
    assert {"ingest": "reused", "train": "ran", "report": "now"} == states(ingest=0, report=1, train=5)


def test_a_stage_that_ran_while_the_page_before_was_made_ran_since() -> None:
    # It started 15 seconds before that page and ended 15 seconds after.
    assert "ran" == states(ingest=0.75, report=1, train=5)["ingest"]


def test_without_a_time_it_is_not_guessed() -> None:
    assert {"ingest": "unknown", "train": "unknown", "report": "now"} == states()
    line = line_section.build(LINE, {}, own="report")
    assert "time unknown" == line.steps["train"].words


def test_the_time_of_those_that_ran_is_added_up() -> None:
    times = {
        "ingest": (NOON, 5.0),
        "report": (NOON + timedelta(minutes=1), 2.0),
        "train": (NOON + timedelta(hours=1), 75),
    }

    line = line_section.build(LINE, times, own="report")

    assert ["train"] == [step.name for step in line.ran]
    assert "1\N{NO-BREAK SPACE}min 15\N{NO-BREAK SPACE}s" == line.took
    assert "reused, 5.0\N{NO-BREAK SPACE}s" == line.steps["ingest"].words
