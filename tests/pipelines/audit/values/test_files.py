import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from pyarrow import parquet
from safetensors.numpy import save_file

from pipelines.audit.values import files
from pipelines.audit.values.difference import Difference, Rules, Tolerance

RULES = Rules(tensors=Tolerance(0.001, 0), numbers=Tolerance(0.01, 0), pixels=Tolerance(2, 0))


def compare(tmp_path: Path, name: str, write, recorded, found, rules: Rules = RULES) -> list[Difference]:
    # Recorded bytes lie in a cache, under a name that says nothing.
    old, new = tmp_path / "ab" / "cdef", tmp_path / name
    old.parent.mkdir()
    for path, value in ((new, recorded), (old, None), (new, found)):
        if value is None:
            new.rename(old)
        else:
            write(path, value)
    return files.compare(old, new, rules, name=name)


def text(path: Path, value: str) -> None:
    path.write_text(value, encoding="utf-8")


def as_json(path: Path, value) -> None:
    text(path, json.dumps(value))


def tensors(path: Path, value) -> None:
    save_file(value, path, metadata={"facts": "x"})


def said(differences: list[Difference]) -> list[str]:
    return [str(difference) for difference in differences]


def test_the_largest_difference_of_a_tensor_and_where_it_is(tmp_path) -> None:
    old = {"a.weight": np.zeros((3, 4), np.float32), "b.bias": np.arange(4, dtype=np.float64)}
    new = {"a.weight": old["a.weight"].copy(), "b.bias": old["b.bias"].copy()}
    new["a.weight"][1, 2], new["a.weight"][2, 0] = 0.5, -0.75
    new["b.bias"][3] += 0.0005

    found = compare(tmp_path, "m.safetensors", tensors, old, new)

    assert ["tensor a.weight[2, 0]: recorded 0, found -0.75, by 0.75", "tensor b.bias[3]"] == [
        said(found)[0],
        found[1].where,
    ]
    assert [False, True] == [difference.tolerated for difference in found]


def test_halves_that_numpy_does_not_know(tmp_path) -> None:
    def write(path: Path, values: list[float]) -> None:
        raw = b"".join(struct.pack("<f", value)[2:] for value in values)
        header = json.dumps({"w": {"dtype": "BF16", "shape": [len(values)], "data_offsets": [0, len(raw)]}}).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header + raw)

    found = compare(tmp_path, "m.safetensors", write, [1.0, 2.0, -3.0], [1.0, 2.5, -3.0])

    assert ["tensor w[1]: recorded 2, found 2.5, by 0.5"] == said(found)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"w": np.zeros((2, 3), np.float32)}, "tensor w: recorded float32[2, 2], found float32[2, 3]"),
        ({"w": np.zeros((2, 2), np.float16)}, "tensor w: recorded float32[2, 2], found float16[2, 2]"),
        ({"v": np.zeros((2, 2), np.float32)}, "tensor v: recorded none, found there"),
    ],
)
def test_other_tensors(new, expected, tmp_path) -> None:
    assert expected in said(compare(tmp_path, "m.safetensors", tensors, {"w": np.zeros((2, 2), np.float32)}, new))


def test_whole_numbers_in_tensors_have_no_tolerance(tmp_path) -> None:
    loose = Rules(Tolerance(100, 1), Tolerance(100, 1), Tolerance(100, 1))
    found = compare(tmp_path, "m.safetensors", tensors, {"n": np.array([4])}, {"n": np.array([5])}, loose)

    assert ["tensor n[0]: recorded 4, found 5, by 1"] == said(found)
    assert not found[0].tolerated


def test_metadata_is_compared(tmp_path) -> None:
    def write(path: Path, value: str) -> None:
        save_file({"w": np.zeros(1, np.float32)}, path, metadata={"facts": value})

    assert ['metadata.facts: recorded "x", found "y"'] == said(compare(tmp_path, "m.safetensors", write, "x", "y"))


def test_stored_pictures_are_compared_as_pixels(tmp_path) -> None:
    old = np.full((2, 3, 3), 100, np.uint8)
    new = old.copy()
    new[1, 2, 0] = 102

    found = compare(tmp_path, "s.npy", np.save, old, new)

    assert [("array[1, 2, 0]: recorded 100, found 102, by 2", True)] == [(str(d), d.tolerated) for d in found]


def network(path: Path, value: tuple[float, str, str]) -> None:
    weight, operation, accuracy = value
    initializer = numpy_helper.from_array(np.array([1.0, weight], np.float32), "w")
    shape = {"x": [2], "y": [2]}
    infos = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in shape.items()}
    node = helper.make_node(operation, ["x", "w"], ["y"], name="node")
    model = helper.make_model(helper.make_graph([node], "g", [infos["x"]], [infos["y"]], [initializer]))
    entry = model.metadata_props.add()
    entry.key, entry.value = "facts", json.dumps({"accuracy": accuracy})
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ((2.5, "Add", "1"), ["tensor w[1]: recorded 2, found 2.5, by 0.5"]),
        ((2.0, "Mul", "1"), ["graph"]),
        ((2.0, "Add", "2"), ['metadata.facts.accuracy: recorded "1", found "2"']),
    ],
)
def test_onnx(new, expected, tmp_path) -> None:
    found = said(compare(tmp_path, "m.onnx", network, (2.0, "Add", "1"), new))

    assert len(expected) == len(found)
    assert all(whole.startswith(part) for whole, part in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": {"b": [1.0, 2.0]}}, {"a": {"b": [1.0, 2.5]}}, "a.b[1]: recorded 2, found 2.5, by 0.5"),
        ({"a": 1}, {"a": 2}, "a: recorded 1, found 2"),
        ({"a": True}, {"a": 1}, "a: recorded true, found 1"),
        ({"a": 1}, {"b": 1}, "a: recorded 1, found none"),
        ({"a": [1]}, {"a": [1, 2]}, "a: recorded a list of 1, found a list of 2"),
        ({"a": "x"}, {"a": "y"}, 'a: recorded "x", found "y"'),
    ],
)
def test_json(old, new, expected, tmp_path) -> None:
    assert expected in said(compare(tmp_path, "m.json", as_json, old, new))


def test_another_machine_is_said_and_is_no_difference(tmp_path) -> None:
    old = {
        "machine": {"cpu_capability": "AVX2", "device": "cpu", "threads": 2},
        "packages": {"a": "1"},
        "cpu": {"x": 1},
    }
    new = {
        "machine": {"cpu_capability": "AVX512", "device": "H", "threads": 3},
        "packages": {"a": "2"},
        "cpu": {"x": 2},
    }

    found = compare(tmp_path, "m.json", as_json, old, new)

    assert {
        "machine.cpu_capability": True,
        "machine.device": True,
        "machine.threads": False,
        "packages.a": False,
        "cpu.x": True,
    } == {difference.where: difference.tolerated for difference in found}


def test_a_digest_of_a_tolerated_file_and_its_size_follow(tmp_path) -> None:
    rules = Rules(RULES.tensors, RULES.numbers, RULES.pixels, {"old": "new"})
    rows = (
        [{"md5": "old", "size": 4}, {"md5": "other", "size": 4}],
        [{"md5": "new", "size": 5}, {"md5": "other", "size": 5}],
    )

    assert ["[1].size: recorded 4, found 5"] == said(compare(tmp_path, "m.json", as_json, *rows, rules))


def test_csv(tmp_path) -> None:
    old = "id,score,count\na,0.5,3\nb,0.25,4\n"
    found = compare(tmp_path, "t.csv", text, old, "id,score,count\na,0.505,3\nb,0.27,5\n")

    assert [
        "row 2 (id b), column score: recorded 0.25, found 0.27, by 0.02",
        "row 2 (id b), column count: recorded '4', found '5'",
    ] == said(found)


def test_csv_of_another_form(tmp_path) -> None:
    found = compare(tmp_path, "t.csv", text, "id,a\n1,2\n", "id,b\n1,2\n")

    assert ["table: recorded 1 rows of id, a, found 1 rows of id, b"] == said(found)


def test_parquet(tmp_path) -> None:
    old = pa.table({"id": [7, 8], "label": ["crack", "dent"], "score": [0.5, None], "box": [[1.0, 2.0], [3.0, 4.0]]})
    new = pa.table({"id": [7, 8], "label": ["crack", "rust"], "score": [0.505, None], "box": [[1.0, 2.0], [3.0, 5.0]]})

    found = compare(tmp_path, "t.parquet", lambda path, table: parquet.write_table(table, path), old, new)

    assert [
        'row 2 (id 8), column label: recorded "dent", found "rust"',
        "row 1 (id 7), column score: recorded 0.5, found 0.505, by 0.005",
        "row 2 (id 8), column box[1]: recorded 4, found 5, by 1",
    ] == said(found)
    assert [False, True, False] == [difference.tolerated for difference in found]


def test_parquet_with_more_rows(tmp_path) -> None:
    tables = pa.table({"id": [7]}), pa.table({"id": [7, 8]})
    found = compare(tmp_path, "t.parquet", lambda path, table: parquet.write_table(table, path), *tables)

    assert ["table: recorded 1 rows of id int64, found 2 rows of id int64"] == said(found)


def test_pixels(tmp_path) -> None:
    old = np.full((4, 5, 3), 10, np.uint8)
    new = old.copy()
    new[3, 4, 1] = 20

    found = compare(tmp_path, "p.png", lambda path, value: Image.fromarray(value).save(path), old, new)

    assert ["pixel[3, 4, 1]: recorded 10, found 20, by 10"] == said(found)


def test_the_same_pixels_in_other_bytes(tmp_path) -> None:
    def write(path: Path, level: int) -> None:
        Image.fromarray(np.arange(100, dtype=np.uint8).reshape(10, 10)).save(path, compress_level=level)

    assert [] == compare(tmp_path, "p.png", write, 0, 9)


def test_texts_part_at_a_line(tmp_path) -> None:
    assert ["line 2: recorded 'b', found 'c'"] == said(compare(tmp_path, "t.md", text, "a\nb\n", "a\nc\n"))


def test_measured_times_in_pages_are_overlooked(tmp_path) -> None:
    page = '<p><time data-measured datetime="PT{0}S">{0} s</time> and <time>{1}</time></p>'

    assert [] == compare(tmp_path, "p.html", text, page.format(1, 5), page.format(2, 5))


def test_other_times_in_pages_are_not(tmp_path) -> None:
    page = "<time data-measured>1</time><time>{}</time>"

    assert 1 == len(compare(tmp_path, "p.html", text, page.format(1), page.format(2)))


@pytest.mark.parametrize("hidden", ["<img src=x>", "so many words " * 10])
def test_what_is_no_time_is_not_hidden_as_one(hidden: str, tmp_path: Path) -> None:
    page = "<time data-measured>{}</time>"

    assert 1 == len(compare(tmp_path, "p.html", text, page.format("1 s"), page.format(hidden)))


def bundle(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)


def test_members_of_a_zip(tmp_path) -> None:
    old = {"a/m.json": '{"x": 1.0}', "gone.txt": "", "p.html": "<time data-measured>1</time>"}
    new = {"a/m.json": '{"x": 2.0}', "new.txt": "", "p.html": "<time data-measured>2</time>"}

    assert [
        "a/m.json: x: recorded 1, found 2, by 1",
        "gone.txt: recorded there, found none",
        "new.txt: recorded none, found there",
    ] == said(compare(tmp_path, "b.zip", bundle, old, new))


@pytest.mark.parametrize("name", ["m.safetensors", "m.onnx", "t.parquet", "p.png", "m.json", "s.npy", "b.zip", "t.txt"])
def test_damaged_files_are_compared_by_their_bytes(name, tmp_path) -> None:
    found = compare(
        tmp_path, name, lambda path, value: path.write_bytes(value), b"\xff\xfe\x00\x81", b"\xff\xfe\x00\x82"
    )

    assert ["bytes"] == [difference.where for difference in found]
    assert "cannot be read as" in str(found[0])
    assert not found[0].tolerated
