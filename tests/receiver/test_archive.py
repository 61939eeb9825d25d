import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from receiver.archive import Members
from receiver.errors import InputError


def opened(fill: Callable[[zipfile.ZipFile], object], damage: Callable[[bytes], bytes] = bytes) -> Members:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    return Members(zipfile.ZipFile(io.BytesIO(damage(stream.getvalue()))))


def test_members_are_read_in_the_order_of_their_names() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.mkdir("b")
        for name in ("b/c.png", "a.png", "empty.png"):
            archive.writestr(name, "" if name == "empty.png" else name * 9)

    members = opened(fill)
    assert members.names == ["a.png", "b/c.png", "empty.png"]
    assert [members.read(name) for name in members.names] == [b"a.png" * 9, b"b/c.png" * 9, b""]
    assert members.refused == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.png", "the path climbs out of its folder with '..'"),
        ("b/..\\..\\a.png", "the path climbs out of its folder with '..'"),
        ("/etc/a.png", "the path is absolute"),
        ("\\\\host\\a.png", "the path is absolute"),
        ("C:/a.png", "the path is absolute"),
        ("a\n.png", "the name holds control characters or is not valid UTF-8"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(name: str, reason: str) -> None:
    members = opened(lambda archive: archive.writestr(name, "x"))
    assert (members.names, members.refused) == ([], [(name, f"refused: {reason}")])


def test_a_link_is_refused() -> None:
    entry = zipfile.ZipInfo("a.png")
    entry.external_attr = 0o120777 << 16
    assert opened(lambda archive: archive.writestr(entry, "/etc/passwd")).refused == [
        ("a.png", "refused: a link inside the zip")
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_repeated_names_are_refused() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr("a.png", "1")
        archive.writestr("a.png", "2")

    assert opened(fill).refused == [("a.png", "the zip holds 2 files of this name")] * 2


def test_a_bomb_is_refused_by_what_it_declares() -> None:
    members = opened(lambda archive: archive.writestr("a.bmp", bytes(2**22)))
    assert members.refused == [("a.bmp", "unpacks to more than 200 times its size: a bomb")]


def test_other_methods_and_encryption_are_refused() -> None:
    members = opened(lambda archive: archive.writestr("a.png", "x", zipfile.ZIP_BZIP2))
    assert members.refused == [("a.png", "packed with method 12; only stored and deflated are read")]

    def encrypted(data: bytes) -> bytes:
        start = data.index(b"PK\1\2") + 8
        return data[:start] + struct.pack("<H", 1) + data[start + 2 :]

    members = opened(lambda archive: archive.writestr("a.png", "x"), encrypted)
    assert members.refused == [("a.png", "encrypted; unpack it or pack it again without a password")]


def test_damaged_bytes_are_named() -> None:
    def damaged(data: bytes) -> bytes:
        return data.replace(b"pixels", b"pizels")

    members = opened(lambda archive: archive.writestr("a.png", "pixels", zipfile.ZIP_STORED), damaged)
    with pytest.raises(InputError, match=r"damaged in the zip \(Bad CRC-32"):
        members.read("a.png")


def test_no_more_is_unpacked_than_is_declared() -> None:
    def smaller(data: bytes) -> bytes:
        return data.replace(struct.pack("<I", 5000), struct.pack("<I", 10))

    members = opened(lambda archive: archive.writestr("a.png", bytes(5000)), smaller)
    with pytest.raises(InputError, match="damaged in the zip"):
        members.read("a.png")
