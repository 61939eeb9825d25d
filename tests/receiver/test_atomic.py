from pathlib import Path

import pytest

from receiver import atomic
from receiver.errors import UsageError


def fail_after_writing(path: Path) -> None:
    path.write_text("half")
    raise ZeroDivisionError


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with atomic.new_file(path) as beside:
        beside.write_text("one")
        assert not path.exists()
    assert path.read_text() == "one"
    assert list(path.parent.iterdir()) == [path]


def test_what_stood_there_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic.new_file(path) as beside:
        fail_after_writing(beside)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.mkdir()
    with atomic.new_folder(path) as beside:
        (beside / "a.txt").write_text("one")
    assert [file.name for file in path.iterdir()] == ["a.txt"]
    with pytest.raises(ZeroDivisionError), atomic.new_folder(tmp_path / "other") as beside:
        fail_after_writing(beside / "a.txt")
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_holds_something_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already; name a folder that does not"), atomic.new_folder(tmp_path):
        pass
    with pytest.raises(UsageError, match="exists already"), atomic.new_folder(tmp_path / "mine.txt"):
        pass


def test_what_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="a folder; expected the name of a file"), atomic.new_file(tmp_path):
        pass
    with pytest.raises(UsageError, match=r"file/a\.txt: cannot be written"), atomic.new_file(tmp_path / "file/a.txt"):
        pass
