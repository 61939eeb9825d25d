import pytest

from transfer.report import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"),
        (3599, "59 min 59 s"), (3900, "1 h 5 min"),
    ],
)  # fmt: skip
def test_durations_are_said_as_people_say_them(seconds, said) -> None:
    assert said == words.duration(seconds).replace("\N{NO-BREAK SPACE}", " ")


def test_a_share_keeps_its_sign_beside_it() -> None:
    assert "96.3\N{NO-BREAK SPACE}%" == words.percent(0.9634)
    assert "96\N{NO-BREAK SPACE}%" == words.percent(0.9634, 0)


def test_a_name_may_be_broken_at_its_underscores() -> None:
    assert "rolled-in_\N{ZERO WIDTH SPACE}scale" == words.named("rolled-in_scale")
