import os
from pathlib import Path

import pytest

from transfer.data.limits import Limits, Refusal
from transfer.data.source import locate, open_source
from transfer.errors import DataError


def test_a_folder_lists_its_files_sorted_with_slashes(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/10.txt", "a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with open_source(tmp_path) as source:
        assert source.names() == ["a.txt", "b/10.txt", "b/2.txt"]
        assert source.refused() == []
        assert source.read("b/2.txt") == b"b/2.txt"
        assert source.size("b/10.txt") == 8


def test_links_are_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a.png").symlink_to(tmp_path / "secret")
    with open_source(tmp_path / "source") as source:
        assert source.names() == []
        assert source.refused() == [Refusal("symbolic_link", "a.png", f"a link to {tmp_path / 'secret'}")]


def test_links_are_followed_when_asked_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/x").write_text("x")
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a.png").symlink_to(tmp_path / "cache/x")
    (tmp_path / "source/linked").symlink_to(tmp_path / "cache")
    (tmp_path / "source/circle").symlink_to(tmp_path / "source")
    (tmp_path / "source/gone").symlink_to(tmp_path / "nothing")
    with open_source(tmp_path / "source", follow_links=True) as source:
        assert source.names() == ["a.png", "linked/x"]
        assert source.refused() == [Refusal("unsafe_path", "gone", "a link to nothing")]


def test_names_that_cannot_be_written_everywhere_are_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(b"x")
    with open_source(tmp_path) as source:
        assert source.names() == []
        assert [(refusal.finding, refusal.file) for refusal in source.refused()] == [("unsafe_path", "\\udcff.png")]


def test_special_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with open_source(tmp_path) as source:
        assert source.refused() == [Refusal("unsafe_path", "pipe.png", "neither a file nor a folder")]


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd"])
def test_a_folder_reads_nothing_outside_itself(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_text("x")
    (tmp_path / "source").mkdir()
    with open_source(tmp_path / "source") as source, pytest.raises(DataError, match="refused: the path"):
        source.read(name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with open_source(tmp_path) as source, pytest.raises(DataError, match=r"a\.png: cannot be read \(No such file"):
        source.read("a.png")


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(11))
    with (
        open_source(tmp_path, limits=Limits(max_file_bytes=10)) as source,
        pytest.raises(DataError, match="11 bytes, above the limit of 10"),
    ):
        source.read("a")


def test_a_missing_source_says_where_images_go(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not found; .*ingest_data\.path"), open_source(tmp_path / "nothing"):
        pass


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("not a zip")
    with pytest.raises(DataError, match="neither a folder nor a readable zip"), open_source(tmp_path / "a.zip"):
        pass


def test_a_folder_with_one_zip_stands_for_the_zip(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    (tmp_path / ".gitignore").touch()
    assert locate(tmp_path) == tmp_path
    (tmp_path / "a.zip").touch()
    assert locate(tmp_path) == tmp_path / "a.zip"
    (tmp_path / "b.zip").touch()
    with pytest.raises(DataError, match=r"2 zips \(a\.zip, b\.zip\); name one"):
        locate(tmp_path)
    (tmp_path / "c.png").touch()
    assert locate(tmp_path) == tmp_path
