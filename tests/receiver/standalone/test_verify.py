import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from receiver.standalone import verify

SOURCE = Path(verify.__file__)
TASK = {"onnx": "classifier/model.onnx", "weights": "classifier/model.safetensors", "facts": "classifier/facts.json"}
# A predict.py that answers with the number of bytes of an image.
PREDICT = """
class Model:
    spec, threshold = {}, 0.5
    def predict(self, images):
        return [{"label": "a", "confidence": image, "probabilities": {"a": image}} for image in images]

def load(bundle, task):
    return Model()

def decode(data, spec):
    return len(data) / 10
"""


def write_sums(folder: Path) -> None:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "SHA256SUMS")
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}" for file in files
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def write_zip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder).as_posix()) if file.is_file() else None
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    answer = {"label": "a", "confidence": 0.5, "probabilities": {"a": 0.5}}
    expected = {
        "tolerances": {"probability": 0.001},
        "inputs": [{"file": "golden/inputs/0.png", "classification": answer}],
    }
    files = {
        "bundle.json": json.dumps({"format": 1, "tasks": {"classification": TASK}}),
        "classifier/model.onnx": "onnx",
        "classifier/model.safetensors": "weights",
        "classifier/facts.json": "{}",
        "golden/inputs/0.png": "12345",
        "golden/expected.json": json.dumps(expected),
        "predict.py": PREDICT,
        "verify.py": SOURCE.read_text(),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    write_sums(folder)
    return folder


def run(bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(bundle / "verify.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=bundle.parent)


@pytest.fixture(params=["folder", "zip"])
def packed(request, bundle: Path):
    """Return what packs the bundle, as it is by then."""
    return lambda: bundle if request.param == "folder" else write_zip(bundle.parent / "bundle.zip", bundle)


def test_a_good_bundle_has_no_problems_and_may_be_opened(packed) -> None:
    assert verify.verify(packed()) == []
    with verify.opened(packed()) as folder:
        assert (folder / "classifier/model.onnx").read_text() == "onnx"


def test_a_changed_a_missing_and_an_added_file_are_named(bundle: Path, packed) -> None:
    (bundle / "classifier/model.onnx").write_text("onny")
    (bundle / "golden/inputs/0.png").unlink()
    (bundle / "notes.txt").touch()

    problems = verify.verify(packed())

    assert problems == ["missing: golden/inputs/0.png", "added: notes.txt", "changed: classifier/model.onnx"]
    with pytest.raises(verify.BadBundle, match=r"not to be used:\n  missing: golden/inputs/0\.png"):
        verify.opened(packed()).__enter__()


def test_the_digest_is_that_of_the_sums(bundle: Path, packed) -> None:
    assert hashlib.sha256((bundle / "SHA256SUMS").read_bytes()).hexdigest() == verify.digest(packed())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "missing: SHA256SUMS: without it nothing can be checked"),
        ("no sums\n", "SHA256SUMS: cannot be understood: 'no sums'"),
        (f"{'0' * 64}  a\n{'1' * 64}  a\n", "SHA256SUMS: a name stands there twice"),
    ],
)
def test_sums_that_say_nothing_are_refused(bundle: Path, text: str | None, found: str) -> None:
    (bundle / "SHA256SUMS").unlink()
    if text is not None:
        (bundle / "SHA256SUMS").write_text(text)

    assert any(problem.startswith(found) for problem in verify.verify(bundle))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no json", "bundle.json: cannot be understood"),
        ('{"format": 1}', "bundle.json: cannot be understood: KeyError: 'tasks'"),
        ('{"format": 2, "tasks": {}}', "bundle.json: format 2; this verifier knows 1"),
        (
            json.dumps({"format": 1, "tasks": {"a": {**TASK, "onnx": "../elsewhere.onnx"}}}),
            "bundle.json: names '../elsewhere.onnx', which is not in the bundle",
        ),
    ],
)
def test_a_description_that_leads_nowhere_is_refused(bundle: Path, text: str, found: str) -> None:
    (bundle / "bundle.json").write_text(text)
    write_sums(bundle)

    (problem,) = verify.verify(bundle)
    assert problem.startswith(found)


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "cut.zip").write_bytes(b"PK\3\4 and no more")

    assert verify.verify(tmp_path / "none") == [f"{tmp_path / 'none'}: not found; expected a folder or a zip"]
    assert "not a zip; expected a bundle" in verify.verify(tmp_path / "a.txt")[0]
    assert "cut.zip: cannot be read: File is not a zip file" in verify.verify(tmp_path / "cut.zip")[0]


def test_links_in_a_folder_are_refused(bundle: Path) -> None:
    (bundle / "classifier/model.onnx").unlink()
    (bundle / "classifier/model.onnx").symlink_to("/etc/hostname")
    (bundle / "elsewhere").symlink_to("/etc", target_is_directory=True)
    os.mkfifo(bundle / "pipe")

    assert verify.verify(bundle) == [
        "classifier/model.onnx: a link; a bundle has files alone",
        "elsewhere: a link; a bundle has files alone",
        "pipe: neither a file nor a folder",
    ]


def with_member(path: Path, bundle: Path, name: str, **attributes: int) -> Path:
    write_zip(path, bundle)
    member = zipfile.ZipInfo("placeholder")
    member.filename = name
    for key, value in attributes.items():
        setattr(member, key, value)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, "content")
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "the path is absolute"),
        ("C:/windows/a", "the path is absolute"),
        ("c:a", "the path is absolute"),
        ("../a", "climbs out of the bundle"),
        ("a/../../b", "climbs out of the bundle"),
        ("..\\a", "climbs out of the bundle"),
        ("a\\b", "characters that not every system allows"),
        ("a\nb", "characters that not every system allows"),
        ("ab:stream", "characters that not every system allows"),
        ("nul.txt", "means something else, or nothing, on Windows"),
        ("a./b", "means something else, or nothing, on Windows"),
        ("a//b", "means something else, or nothing, on Windows"),
        ("./a", "means something else, or nothing, on Windows"),
        ("BUNDLE.json", "two files of this name"),
        ("predict.py", "two files of this name"),
    ],
)
def test_tricks_with_paths_in_a_zip_are_refused(bundle: Path, tmp_path: Path, name: str, reason: str) -> None:
    problems = verify.verify(with_member(tmp_path / "a.zip", bundle, name))

    assert reason in problems[0]
    with pytest.raises(verify.BadBundle):
        verify.opened(tmp_path / "a.zip").__enter__()


def test_a_name_that_goes_on_after_a_zero_is_refused(bundle: Path, tmp_path: Path) -> None:
    path = with_member(tmp_path / "a.zip", bundle, "bundle.jsonX")
    path.write_bytes(path.read_bytes().replace(b"bundle.jsonX", b"bundle.json\0"))

    assert "characters that not every system allows" in verify.verify(path)[0]


@pytest.mark.parametrize(("mode", "found"), [(0o120777, "a link"), (0o010666, "neither a file nor a folder")])
def test_links_in_a_zip_are_refused(bundle: Path, tmp_path: Path, mode: int, found: str) -> None:
    path = with_member(tmp_path / "a.zip", bundle, "elsewhere", external_attr=mode << 16)

    assert found in verify.verify(path)[0]


def test_encrypted_files_are_refused(bundle: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", bundle)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)

    assert verify.verify(path) == ["SHA256SUMS: encrypted"]


def test_a_bomb_is_refused_before_it_is_unpacked(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2**27))
    monkeypatch.setattr(zipfile.ZipFile, "open", pytest.fail)

    assert "would unpack to 134,217,728 bytes from" in verify.verify(tmp_path / "a.zip")[0]


def test_files_that_overlap_are_refused(bundle: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", bundle)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(20):
            again = zipfile.ZipInfo(f"copy{number}")
            source = archive.getinfo("verify.py")
            again.header_offset, again.CRC = source.header_offset, source.CRC
            again.compress_size, again.file_size = source.compress_size, source.file_size
            archive.filelist.append(again)
        archive._didModify = True  # type: ignore[attr-defined]

    assert "its files overlap" in verify.verify(path)[0]


def test_too_many_files_are_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_FILES", 3)

    write_zip(bundle.parent / "a.zip", bundle)

    assert "9 files; at most 3 are looked at" in verify.verify(bundle.parent / "a.zip")[0]


class Evil:
    def __reduce__(self):
        return os.system, ("false",)


def zipped(name: str, data: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, data)
    return written.getvalue()


PICKLES = {
    **{f"protocol{number}": pickle.dumps(Evil(), number) for number in range(6)},
    **{f"list{number}": pickle.dumps(list(range(30_000)), number) for number in range(6)},
    "unfinished": pickle.dumps(Evil(), 0)[:-1],
    "bytes": pickle.dumps(bytes(2**17), 5),
}


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_are_refused_whatever_their_name(bundle: Path, name: str) -> None:
    (bundle / "weights.bin").write_bytes(PICKLES[name])
    (bundle / "looks_like.png").write_bytes(b"\x89PNG" + zipped("data", PICKLES[name]))
    write_sums(bundle)

    assert verify.verify(bundle) == [
        "looks_like.png: holds a pickle, data, which runs code when it is loaded",
        "weights.bin: a pickle, which runs code when it is loaded",
    ]


@pytest.mark.parametrize("extension", ["pkl", "PT", "pth", "ckpt", "joblib", "npy", "npz"])
def test_kinds_of_files_that_hold_pickles_are_refused(bundle: Path, extension: str) -> None:
    (bundle / f"a.{extension}").write_text("harmless")
    write_sums(bundle)

    assert verify.verify(bundle) == [
        f"a.{extension}: a file of this kind can hold a pickle, which runs code when it is loaded"
    ]


def test_what_cannot_be_looked_into_is_refused(bundle: Path) -> None:
    (bundle / "a.bin").write_bytes(b"\x1f\x8b\x08")
    (bundle / "b.zip").write_bytes(zipped("inner.zip", zipped("a", b"")))
    (bundle / "c.zip").write_bytes(zipped("a.pkl", b"harmless"))
    write_sums(bundle)

    assert verify.verify(bundle) == [
        "a.bin: packed, so nobody can see whether it holds a pickle",
        "b.zip: holds inner.zip, packed twice, so nobody can see whether it is a pickle",
        "c.zip: holds a pickle, a.pkl, which runs code when it is loaded",
    ]


@pytest.mark.parametrize("length", range(0x280, 0x600, 8))
def test_weights_are_no_pickles_whatever_the_length_of_their_header(length: int) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode().ljust(length)

    assert not verify._is_pickle(length.to_bytes(8, "little") + header + bytes(4))


@pytest.mark.parametrize(
    "path",
    sorted(SOURCE.parents[2].glob("*.*")) + sorted(SOURCE.parents[2].glob("docs/*.md")),
    ids=lambda path: path.name,
)
def test_texts_are_no_pickles(path: Path) -> None:
    assert not path.is_file() or not verify._is_pickle(path.read_bytes()[: 2**16])


def test_tables_are_no_pickles() -> None:
    assert not verify._is_pickle(b"category,recall,precision\nall,0.0,1.0\nall,0.1,0.9\n")
    assert not verify._is_pickle(b"created\nlater\nand so on.\n")


def test_the_bundles_own_verifier_checks_and_runs_the_golden_inputs(bundle: Path) -> None:
    done = run(bundle)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"every byte is as it was packed; digest {verify.digest(bundle)}" in done.stdout
    assert "all golden inputs were answered as expected" in done.stdout
    # It leaves nothing behind that would be an added file.
    assert verify.verify(bundle) == []


def test_it_takes_a_zip_too(bundle: Path) -> None:
    assert run(bundle, str(write_zip(bundle.parent / "bundle.zip", bundle))).returncode == 0


def test_another_answer_is_named(bundle: Path) -> None:
    (bundle / "golden/inputs/0.png").write_text("1234567")
    write_sums(bundle)

    done = run(bundle)

    assert done.returncode == 1
    assert "golden/inputs/0.png: classification: a 0.7000, expected a 0.5000" in done.stderr


def test_a_module_beside_it_does_not_stand_for_one_of_pythons(bundle: Path) -> None:
    (bundle / "hashlib.py").write_text("raise SystemExit('this ran')")

    done = run(bundle)

    assert done.returncode == 1
    assert "added: hashlib.py" in done.stderr
    assert "this ran" not in done.stdout + done.stderr


def test_nothing_of_a_bad_bundle_runs(bundle: Path) -> None:
    (bundle / "predict.py").write_text("raise SystemExit('this ran')")

    done = run(bundle)

    assert done.returncode == 1
    assert "changed: predict.py" in done.stderr
    assert "this ran" not in done.stdout + done.stderr


def test_a_missing_library_is_named_and_is_no_success(bundle: Path) -> None:
    (bundle / "predict.py").write_text("import a_library_that_is_not_there")
    write_sums(bundle)

    done = run(bundle)

    assert done.returncode == 1
    assert (
        "golden inputs were not run: No module named 'a_library_that_is_not_there'; see requirements.txt" in done.stderr
    )


def box(score: float, left: float = 0.0, label: str = "a") -> dict[str, object]:
    return {"label": label, "score": score, "box": [left, 0.0, 10.0, 10.0]}


@pytest.mark.parametrize(
    ("found", "expected", "alone"),
    [
        ([box(0.9)], [box(0.9)], 0),
        ([box(0.9), box(0.8, 5.0)], [box(0.8, 5.4), box(0.9005)], 0),
        ([box(0.9)], [], 1),
        ([], [box(0.9)], 1),
        ([box(0.9, label="b")], [box(0.9)], 2),
        ([box(0.9, left=2.0)], [box(0.9)], 2),
        ([box(0.9), box(0.9)], [box(0.9)], 1),
        # As near the threshold as the tolerance, a box may be there or not.
        ([box(0.5005)], [], 0),
    ],
)
def test_boxes_need_partners_but_not_near_the_threshold(found: list, expected: list, alone: int) -> None:
    tolerances = {"score": 0.001, "pixels": 0.5}

    what = verify._compare_boxes({"boxes": found}, {"boxes": expected}, tolerances, 0.5)

    assert (what is None) if alone == 0 else (what or "").endswith(f"{alone} have no partner")
