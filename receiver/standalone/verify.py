"""Check a bundle: every byte against SHA256SUMS, then its golden inputs. Python 3.9 or newer, and its standard library.

    python verify.py            # the bundle that this file lies in; the golden inputs need what predict.py needs
    python verify.py BUNDLE     # another one: a folder or a zip

Who can change the bundle can change this file, too: it finds damage and carelessness. Against intent compare the digest
that it prints with the sender's, or check the bundle with a verifier of your own: `transferline verify BUNDLE`.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    # Before anything else is imported: a file beside this one must not stand for a module of Python's.
    del sys.path[0]

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import pickletools
import re
import stat
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

FORMAT = 1
SUMS, DESCRIPTION, EXPECTED = "SHA256SUMS", "bundle.json", "golden/expected.json"
LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
BYTES_PER_PIECE = 2**20
MAX_FILES = 20_000
# What a bundle is packed with needs less space in no zip of ours: files are stored as they are.
MAX_RATIO, FREE_BYTES = 50, 2**26
LISTING_BYTES = 2**24
# Of the start and of the end of a file: a zip's comment, behind which its end stands, has at most 64 KiB.
LOOKED_AT = 2**16 + 22
ZIP_END = b"PK\5\6"
# Of files whose readers unpickle, and so run what the sender wrote.
PICKLES = (".pkl", ".pickle", ".pck", ".pcl", ".p", ".pt", ".pth", ".ckpt", ".joblib", ".dill", ".npy", ".npz", ".mar")
CALLS = frozenset(["REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"])
NAME = re.compile(r"[A-Za-z_][\w.]* [A-Za-z_][\w.]*")
# gzip, bzip2, xz, zstandard, 7z: nobody can see what is inside without unpacking.
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf")
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)

Read = Callable[[], IO[bytes]]
Files = dict[str, Read]
Answer = Mapping[str, Any]


class Scan(NamedTuple):
    """What reading a file once has found: its hash, its first and its last bytes."""

    sha256: str
    start: bytes
    end: bytes


class BadBundle(Exception):
    """A bundle that is not to be used; the message lists what is wrong with it."""


def verify(bundle: Path) -> list[str]:
    """Check every byte of a bundle, a folder or a zip, and return what is wrong with it: nothing if it is good.

    Runs nothing out of the bundle and writes nothing.
    """
    try:
        with contextlib.ExitStack() as stack:
            files, problems = _files(bundle, stack)
            # A zip that claims too much, or names that lead elsewhere, are not read at all.
            return problems or _check(files)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        return [f"{bundle}: cannot be read: {error or type(error).__name__}"]


@contextlib.contextmanager
def opened(bundle: Path) -> Iterator[Path]:
    """Yield a folder with the files of a bundle that was found good; a zip is unpacked into a temporary one.

    Raises:
        BadBundle: something is wrong with it.
    """
    _require(bundle, verify(bundle))
    if bundle.is_dir():
        yield bundle
        return
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        files, _ = _files(bundle, stack)
        for name, read in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with read() as source, path.open("xb") as target:
                for piece in iter(partial(source.read, BYTES_PER_PIECE), b""):
                    target.write(piece)
        yield Path(folder)


def digest(bundle: Path) -> str:
    """Return the SHA-256 of SHA256SUMS: one number that stands for every byte of a good bundle."""
    with contextlib.ExitStack() as stack:
        files, _ = _files(bundle, stack)
        return _scan(files[SUMS]).sha256


def golden(bundle: Path) -> list[str]:
    """Run the golden inputs of a bundle that was found good, by the predict.py next to this file; say what differs."""
    predict = _predict()
    problems = []
    with contextlib.ExitStack() as stack:
        files, _ = _files(bundle, stack)
        expected = _json(files[EXPECTED])
        for task in _json(files[DESCRIPTION])["tasks"]:
            model = predict.load(bundle, task)
            model.threshold = min(model.threshold, expected.get(f"{task}_threshold", model.threshold))
            for entry in expected["inputs"]:
                (found,) = model.predict([predict.decode(_bytes(files[entry["file"]]), model.spec)])
                compare = _compare_boxes if task == "detection" else _compare_label
                what = compare(found, entry[task], expected["tolerances"], model.threshold)
                problems += [f"{entry['file']}: {task}: {what}"] if what else []
    return problems


def _bytes(read: Read) -> bytes:
    with read() as file:
        return file.read()


def _json(read: Read) -> Any:
    return json.loads(_bytes(read))


# Where the files are ----------------------------------------------------------------------------------------------


def _files(bundle: Path, stack: contextlib.ExitStack) -> tuple[Files, list[str]]:
    if bundle.is_dir():
        return _in_folder(bundle)
    if not bundle.exists():
        return {}, [f"{bundle}: not found; expected a folder or a zip"]
    return _in_zip(bundle, stack)


def _in_folder(root: Path) -> tuple[Files, list[str]]:
    files: Files = {}
    problems = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(root / below) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_symlink() or getattr(entry, "is_junction", bool)():
                    problems.append(f"{name}: a link; a bundle has files alone")
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
                elif not entry.is_file(follow_symlinks=False):
                    problems.append(f"{name}: neither a file nor a folder")
                else:
                    files[name] = _reader(entry.path)
    return files, sorted(problems + _unsafe(files))


def _reader(path: str) -> Read:
    return lambda: Path(path).open("rb")


def _in_zip(path: Path, stack: contextlib.ExitStack) -> tuple[Files, list[str]]:
    with path.open("rb") as start:
        if not start.read(4).startswith(b"PK\3\4"):
            return {}, [f"{path}: not a zip; expected a bundle, a folder or a zip"]
    archive = stack.enter_context(zipfile.ZipFile(path))
    members = archive.infolist()
    problems = [f"{member.filename}: {why}" for member in members if (why := _suspicious(member))]
    packed, unpacked = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    size = path.stat().st_size
    if len(members) > MAX_FILES:
        problems.append(f"{path}: {len(members):,} files; at most {MAX_FILES:,} are looked at")
    if packed > size:
        problems.append(f"{path}: its files overlap: {packed:,} bytes in a zip of {size:,}")
    if unpacked > MAX_RATIO * size + FREE_BYTES:
        problems.append(f"{path}: would unpack to {unpacked:,} bytes from {size:,}: a bomb")
    # The name as it is in the zip: Python's `filename` has made some of them harmless.
    problems += _unsafe(member.orig_filename for member in members if not member.is_dir())
    return {m.filename: partial(archive.open, m) for m in members if not m.is_dir()}, problems


def _suspicious(member: zipfile.ZipInfo) -> str | None:
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "a link; a bundle has files alone"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "neither a file nor a folder"
    return "encrypted" if member.flag_bits & 1 else None


def _unsafe(given: Iterable[str]) -> list[str]:
    names = list(given)
    problems = [f"{name!r}: {why}" for name in names if (why := _why_unsafe(name))]
    # Windows and macOS do not tell large letters from small ones.
    times = Counter(name.casefold() for name in names)
    again = sorted({name for name in names if times[name.casefold()] > 1})
    return problems + [
        f"{name}: there are two files of this name, or of one that some systems take for it" for name in again
    ]


def _why_unsafe(name: str) -> str | None:
    """Say why a file cannot be of this name on every system, inside the bundle."""
    parts = name.split("/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "the path is absolute"
    if ".." in re.split(r"[/\\]", name):
        return "the path climbs out of the bundle with '..'"
    if re.search(r'[\\:*?"<>|\x00-\x1f\x7f\ud800-\udfff]', name):
        return "the name holds characters that not every system allows"
    if any(part in ("", ".") or part.endswith((".", " ")) or RESERVED.fullmatch(part) for part in parts):
        return "the name means something else, or nothing, on Windows"
    return None


# What is in the files ---------------------------------------------------------------------------------------------


def _check(files: Files) -> list[str]:
    if SUMS not in files:
        return [f"missing: {SUMS}: without it nothing can be checked; expected it at the top of the bundle"]
    with files[SUMS]() as file:
        lines = file.read(LISTING_BYTES).decode("utf-8", "backslashreplace").splitlines()
    sums = {match[2]: match[1] for line in lines if (match := LINE.fullmatch(line))}
    problems = [f"{SUMS}: cannot be understood: {line[:80]!r}" for line in lines if not LINE.fullmatch(line)]
    problems += [f"{SUMS}: a name stands there twice"] if len(sums) + len(problems) < len(lines) else []
    problems += [f"missing: {name}" for name in sorted(sums.keys() - files.keys())]
    problems += [f"added: {name}{_hint(name)}" for name in sorted(files.keys() - sums.keys() - {SUMS})]
    both = sorted(sums.keys() & files.keys())
    # Each file is read once, as reading is most of the work.
    scans = {name: _scan(files[name]) for name in sorted(files)}
    problems += [f"changed: {name}" for name in both if scans[name].sha256 != sums[name]]
    problems += [f"{name}: {why}" for name in scans if (why := _why_pickle(name, scans[name], files[name]))]
    return problems + _check_description(files)


def _hint(name: str) -> str:
    return " (Python made it when predict.py was imported; delete it)" if name.startswith("__pycache__/") else ""


def _scan(read: Read) -> Scan:
    known = hashlib.sha256()
    start = end = b""
    with read() as file:
        for piece in iter(partial(file.read, BYTES_PER_PIECE), b""):
            known.update(piece)
            start = start or piece[:LOOKED_AT]
            end = (end + piece)[-LOOKED_AT:] if len(piece) < LOOKED_AT else piece[-LOOKED_AT:]
    return Scan(known.hexdigest(), start, end)


def _check_description(files: Files) -> list[str]:
    if DESCRIPTION not in files:
        return [f"missing: {DESCRIPTION}"]
    with files[DESCRIPTION]() as file:
        text = file.read(LISTING_BYTES)
    try:
        known = json.loads(text)
        # Who only answers needs no weights.
        keys = [(task, key) for task in known["tasks"].values() for key in ("onnx", "weights", "facts")]
        named = [task[key] for task, key in keys if key == "onnx" or key in task]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [f"{DESCRIPTION}: cannot be understood: {type(error).__name__}: {error}"]
    if known.get("format") != FORMAT:
        return [f"{DESCRIPTION}: format {known.get('format')!r}; this verifier knows {FORMAT}: take the bundle's own"]
    return [f"{DESCRIPTION}: names {name!r}, which is not in the bundle" for name in named if name not in files]


def _why_pickle(name: str, scan: Scan, read: Read) -> str | None:
    """Say why a file may run code when it is loaded, by its name or its first bytes; zips are looked into."""
    if name.lower().endswith(PICKLES):
        return "a file of this kind can hold a pickle, which runs code when it is loaded"
    if scan.start.startswith(PACKED):
        return "packed, so nobody can see whether it holds a pickle"
    if _is_pickle(scan.start):
        return "a pickle, which runs code when it is loaded"
    # At the end, as zip readers look there: anything may stand in front of it.
    return _why_pickle_inside(io.BytesIO(_bytes(read))) if ZIP_END in scan.end else None


def _why_pickle_inside(data: io.BytesIO) -> str | None:
    if not zipfile.is_zipfile(data):
        return None
    with zipfile.ZipFile(data) as inner:
        for member in inner.infolist():
            with inner.open(member) as file:
                start = file.read(LOOKED_AT)
            if member.filename.lower().endswith(PICKLES) or _is_pickle(start):
                return f"holds a pickle, {member.filename}, which runs code when it is loaded"
            if start.startswith((*PACKED, b"PK\3\4")):
                return f"holds {member.filename}, packed twice, so nobody can see whether it is a pickle"
    return None


def _is_pickle(start: bytes) -> bool:
    """Tell pickles of any protocol by reading their instructions, which runs nothing; `start` may cut them short."""
    found, whole = _instructions(start)
    names = [name for name, _ in found]
    if re.match(rb"\x80[\x02-\x05]", start):
        # The length at the start of a safetensors file may look like that.
        return start[4:9] != b"\0\0\0\0{" or len(names) > 3
    imports = any(name == "GLOBAL" and NAME.fullmatch(str(argument)) for name, argument in found)
    return (whole and len(names) > 1) or len(names) > 100 or (imports and not CALLS.isdisjoint(names))


def _instructions(start: bytes) -> tuple[list[tuple[str, Any]], bool]:
    found = []
    try:
        for opcode, argument, _ in pickletools.genops(start):
            found.append((opcode.name, argument))
    except Exception:  # noqa: BLE001 - whatever the bytes are, they are no instructions from here on
        return found, False
    return found, True


# The golden inputs ------------------------------------------------------------------------------------------------


def _predict() -> Any:
    path = Path(__file__).with_name("predict.py")
    spec = importlib.util.spec_from_file_location("predict_of_bundle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


def _compare_label(found: Answer, expected: Answer, tolerances: Mapping[str, float], _: float) -> str | None:
    names = expected["probabilities"]
    largest = max(abs(found["probabilities"].get(name, -1.0) - value) for name, value in names.items())
    if largest <= tolerances["probability"]:
        return None
    return f"{found['label']} {found['confidence']:.4f}, expected {expected['label']} {expected['confidence']:.4f}"


def _compare_boxes(found: Answer, expected: Answer, tolerances: Mapping[str, float], threshold: float) -> str | None:
    """Find a partner for every box of either side, but for those so near the threshold that they may be missing."""
    left, right = found["boxes"], list(expected["boxes"])
    alone = []
    for box in left:
        partner = next((other for other in right if _is_same(box, other, tolerances)), None)
        if partner is None:
            alone.append(box)
        else:
            right.remove(partner)
    lost = [box for box in [*alone, *right] if box["score"] > threshold + tolerances["score"]]
    return f"{len(left)} boxes, expected {len(expected['boxes'])}; {len(lost)} have no partner" if lost else None


def _is_same(box: Answer, other: Answer, tolerances: Mapping[str, float]) -> bool:
    pixels = max(abs(box["box"][corner] - other["box"][corner]) for corner in range(4))
    same_score = abs(box["score"] - other["score"]) <= tolerances["score"]
    return bool(box["label"] == other["label"] and same_score and pixels <= tolerances["pixels"])


def _listed(bundle: Path, problems: list[str], most: int = 50) -> str:
    more = [f"... and {len(problems) - most} more"] if len(problems) > most else []
    return "\n".join([f"{bundle}: not to be used:", *(f"  {line}" for line in [*problems[:most], *more])])


def report(bundle: Path, *, digest_expected: str | None = None, run_golden: bool = True) -> int:
    """Check a bundle and its golden inputs, print what was found, and return the exit code: 0 for a good one."""
    try:
        _require(bundle, verify(bundle))
        found = digest(bundle)
        _require(
            bundle, [f"its digest is {found}, expected {digest_expected}"] * (digest_expected not in (None, found))
        )
        print(f"{bundle}: every byte is as it was packed; digest {found}", flush=True)
        if run_golden:
            _require(bundle, golden(bundle))
            print(f"{bundle}: all golden inputs were answered as expected")
    except BadBundle as error:
        print(error, file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"{bundle}: the golden inputs were not run: {error}; see requirements.txt", file=sys.stderr)
        return 1
    return 0


def _require(bundle: Path, problems: list[str]) -> None:
    if problems:
        raise BadBundle(_listed(bundle, problems))


if __name__ == "__main__":
    sys.exit(report(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
