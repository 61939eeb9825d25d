import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from receiver import inputs
from receiver.errors import InputError
from receiver.inputs import Inputs
from tests.receiver.drawn import IMAGES


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b/c.JPG", "b/d/e.tif", "b/.hidden.png", ".folder/f.png", "b/notes.txt", "odd"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    with zipfile.ZipFile("z.zip", "w") as archive:
        for name in ("g.png", "h/i.webp", "__MACOSX/._g.png", ".j.png", "notes.txt"):
            archive.writestr(name, name)
    return tmp_path


def find(stack: ExitStack, *arguments: str, stdin: bytes = b"") -> Inputs:
    return inputs.find(arguments, io.BytesIO(stdin), stack)


def contents(found: Inputs) -> list[tuple[str, str]]:
    return [(item.name.replace(os.sep, "/"), item.read().decode()) for item in found.items]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a.png"], ["a.png"]),
        (["odd", "a.png"], ["odd", "a.png"]),
        (["b"], ["b/c.JPG", "b/d/e.tif"]),
        (["*"], ["a.png", "b/c.JPG", "b/d/e.tif", "z.zip/g.png", "z.zip/h/i.webp"]),
        (["**/*.tif"], ["b/d/e.tif"]),
        (["[ab].png", "?.png"], ["a.png", "a.png"]),
        (["z.zip"], ["z.zip/g.png", "z.zip/h/i.webp"]),
    ],
)
def test_files_folders_patterns_and_zips_are_found(stack: ExitStack, arguments: list[str], expected: list[str]) -> None:
    found = find(stack, *arguments)
    assert [name for name, _ in contents(found)] == expected
    assert found.refused == []
    assert all(name.removeprefix("z.zip/") == content for name, content in contents(found))


def test_a_file_may_have_a_name_that_looks_like_a_pattern(here: Path, stack: ExitStack) -> None:
    (here / "x[1].png").write_text("x")
    assert contents(find(stack, "x[1].png")) == [("x[1].png", "x")]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\0"])
def test_standard_input_may_be_a_list(stack: ExitStack, separator: bytes) -> None:
    found = find(stack, "-", stdin=separator.join([b"a.png", b"", b"b", b"z.zip", b""]))
    expected = ["a.png", "b/c.JPG", "b/d/e.tif", "z.zip/g.png", "z.zip/h/i.webp"]
    assert [name for name, _ in contents(found)] == expected


@pytest.mark.parametrize("name", [name for name in IMAGES if name not in ("nothing", "text")])
def test_standard_input_may_be_an_image(stack: ExitStack, name: str) -> None:
    (item,) = find(stack, "-", stdin=IMAGES[name]).items
    assert (item.name, item.read()) == ("-", IMAGES[name])


def test_a_name_that_is_no_utf_8_is_followed(here: Path, stack: ExitStack) -> None:
    (here / os.fsdecode(b"\xff.png")).write_text("x")
    (item,) = find(stack, "-", stdin=b"\xff.png\n").items
    assert item.read() == b"x"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("*.bmp", "*.bmp: matches nothing"),
        ("empty", "empty: holds no image (.apng .bmp"),
        ("none.zip", "none.zip: holds no image (.apng .bmp"),
        ("slip.zip", "slip.zip/../../a.png: refused: the path climbs out of its folder with '..'"),
    ],
)
def test_what_holds_no_image_is_named(here: Path, stack: ExitStack, argument: str, reason: str) -> None:
    (here / "empty").mkdir()
    for name, member in (("none.zip", "a.txt"), ("slip.zip", "../../a.png")):
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr(member, "x")
    found = find(stack, argument)
    assert found.items == []
    assert [line.startswith(reason) for line in found.refused] == [True]


@pytest.mark.usefixtures("here")
def test_a_file_that_cannot_be_read_says_so_when_it_is_read(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    missing, large = find(stack, "missing.png", "a.png").items
    monkeypatch.setattr(inputs, "MAX_FILE_BYTES", 4)
    with pytest.raises(InputError, match="No such file"):
        missing.read()
    with pytest.raises(InputError, match="5 bytes; the limit is 4"):
        large.read()
