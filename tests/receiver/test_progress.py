import pytest

from receiver import progress


def test_a_log_gets_plain_lines_with_counts(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)

    assert list(progress.track("abc", "letters")) == ["a", "b", "c"]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("letters: 1 of 3 (")
    assert lines[-1].startswith("letters: 3 in ")


def test_short_work_says_nothing(capsys):
    assert list(progress.track("abc", "letters")) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""


def test_an_error_in_the_middle_passes_through():
    def items():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(progress.track(items(), "items", total=2))
