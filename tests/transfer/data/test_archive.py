import stat
import struct
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from transfer.data.limits import UNLIMITED, Limits
from transfer.data.source import open_source
from transfer.errors import DataError


def pack(path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names given twice
        for name, content in members:
            archive.writestr(name, content)
    return path


def refused(path: Path, limits: Limits = UNLIMITED) -> dict[str, tuple[str, str]]:
    with open_source(path, limits=limits) as source:
        return {refusal.file: (refusal.finding, refusal.reason) for refusal in source.refused()}


def test_members_are_read_in_place(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("b/2.txt", b"two"), ("b/", b""), ("a.txt", bytes(3_000_000))], zipfile.ZIP_STORED)
    with open_source(path) as source:
        assert source.names() == ["a.txt", "b/2.txt"]
        assert source.read("b/2.txt") == b"two"
        assert source.read("a.txt") == bytes(3_000_000)
        assert source.size("a.txt") == 3_000_000
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_names_made_on_windows_are_read(tmp_path: Path) -> None:
    with open_source(pack(tmp_path / "a.zip", [("images\\a.png", b"x")])) as source:
        assert source.names() == ["images/a.png"]
        assert source.read("images/a.png") == b"x"


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:\\a.png", "b/../../a.png"])
def test_zip_slip_is_refused_and_named(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / "a.zip", [(name, b"x"), ("fine.png", b"y")])
    assert refused(path)[name][0] == "unsafe_path"
    with open_source(path) as source:
        assert source.names() == ["fine.png"]
        with pytest.raises(DataError, match="refused: the path"):
            source.read(name)


def test_links_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("a.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert refused(tmp_path / "a.zip") == {"a.png": ("symbolic_link", "a link inside the archive")}


def test_repeated_names_are_all_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("a.png", b"1"), ("./a.png", b"2"), ("b.png", b"3")])
    assert refused(path) == {"a.png": ("repeated_file", "the archive holds 2 members of this name")}


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("a.png", b"x")])
    with_flag(path, 0x1)
    assert refused(path)["a.png"][0] == "encrypted_file"


def with_flag(path: Path, flag: int) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 8, flag)
    path.write_bytes(data)


def test_other_packing_methods_are_refused_as_they_unpack_without_bound(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("a.png", b"x" * 100)], zipfile.ZIP_BZIP2)
    assert refused(path) == {"a.png": ("unreadable_file", "packed with method 12; only stored and deflated are read")}


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("bomb.png", bytes(5_000_000)), ("small.png", bytes(500_000))])
    found = refused(path, Limits())
    assert list(found) == ["bomb.png"]
    assert found["bomb.png"][0] == "decompression_bomb"
    assert "times its size; the limit is 200" in found["bomb.png"][1]
    with open_source(path) as source, pytest.raises(DataError, match="refused: unpacks to"):
        source.read("bomb.png")


def test_a_bomb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("bomb.png", bytes(101))])
    reason = "unpacks to 101 bytes; the limit is 100"
    assert refused(path, Limits(max_file_bytes=100)) == {"bomb.png": ("decompression_bomb", reason)}


def test_a_bomb_of_many_files_is_refused_by_their_total(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [(f"{number}.png", bytes(100)) for number in range(11)])
    with (
        open_source(path, limits=Limits(max_total_bytes=1099)) as source,
        pytest.raises(DataError, match="decompression bomb: 11 files unpack to 1,100 bytes; the limit is 1,099"),
    ):
        source.names()


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("a.png", b"a" * 50), ("b.png", b"b" * 50)], zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)  # the second entry points at the first member
    path.write_bytes(data)
    assert {name: finding for name, (finding, _) in refused(path).items()} == dict.fromkeys(
        ("a.png", "b.png"), "decompression_bomb"
    )


def test_a_member_that_lies_about_its_size_is_found_while_reading(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("a.png", bytes(100_000_000))])
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 1000)
    path.write_bytes(data)
    with open_source(path) as source, pytest.raises(DataError, match=r"a\.png: the member is damaged \(Bad CRC-32"):
        source.read("a.png")


def test_damage_is_found_by_the_checksum(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", [("a.png", b"content")], zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"content", b"c0ntent"))
    with open_source(path) as source, pytest.raises(DataError, match="the member is damaged"):
        source.read("a.png")


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    with (
        open_source(pack(tmp_path / "a.zip", [("a.png", b"x")])) as source,
        pytest.raises(DataError, match=r"b\.png: not in the archive"),
    ):
        source.read("b.png")


def test_members_are_read_by_several_threads_at_once(tmp_path: Path) -> None:
    members = [(f"{number:03}.bin", bytes([number]) * (1000 + number)) for number in range(200)]
    with open_source(pack(tmp_path / "a.zip", members)) as source, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(source.read, source.names())) == [content for _, content in members]
