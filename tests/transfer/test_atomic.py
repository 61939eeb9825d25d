import pytest

from transfer import atomic


def test_json_replaces_the_old_file(tmp_path):
    path = tmp_path / "deep" / "value.json"
    atomic.write_json(path, {"a": 1})
    atomic.write_json(path, {"ä": 2.5})

    assert path.read_text(encoding="utf-8") == '{\n  "ä": 2.5\n}\n'


def test_nan_is_refused_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "value.json"
    atomic.write_json(path, 1)

    with pytest.raises(ValueError, match="not JSON compliant"):
        atomic.write_json(path, float("nan"))
    assert path.read_text() == "1\n"


def test_a_failed_folder_leaves_the_old_one_and_nothing_beside_it(tmp_path):
    folder = tmp_path / "out"
    with atomic.replacing_folder(folder) as new:
        (new / "old.txt").write_text("old")

    with pytest.raises(ZeroDivisionError), atomic.replacing_folder(folder) as new:
        (new / "new.txt").write_text(str(1 / 0))

    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in folder.iterdir()] == ["old.txt"]


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path):
    folder = tmp_path / "out"
    for name in ("first", "second"):
        with atomic.replacing_folder(folder) as new:
            (new / name).write_text(name)

    assert [path.name for path in folder.iterdir()] == ["second"]
