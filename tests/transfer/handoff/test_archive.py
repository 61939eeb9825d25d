import os
import zipfile
from pathlib import Path

from transfer.handoff import archive, checksums


def test_its_bytes_depend_on_names_and_contents_alone(tmp_path: Path) -> None:
    for folder, names in (("one", ("b", "a/c")), ("two", ("a/c", "b"))):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode() * 100)
        archive.write(tmp_path / f"{folder}.zip", tmp_path / folder)
    os.utime(tmp_path / "two/b", (0, 10**9))
    (tmp_path / "two/b").chmod(0o600)
    archive.write(tmp_path / "two.zip", tmp_path / "two")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as opened:
        assert ["a/c", "b"] == opened.namelist()
        assert opened.testzip() is None
        assert {(zipfile.ZIP_STORED, 1980)} == {(one.compress_type, one.date_time[0]) for one in opened.infolist()}


def test_a_folders_hash_knows_names_and_bytes_of_the_kinds_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "a.pyc").write_text("1")
    first = checksums.of_folder(tmp_path, extensions=[".py"])

    (tmp_path / "a.pyc").write_text("2")
    assert first == checksums.of_folder(tmp_path, extensions=[".py"])
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert first != checksums.of_folder(tmp_path, extensions=[".py"])
