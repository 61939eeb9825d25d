"""Compare two files by what they mean; which way, their name says."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.audit.values import arrays, documents, pictures, tables, texts
from pipelines.audit.values.difference import Difference, Rules
from pipelines.store import digest_of

Compare = Callable[[Path, Path, Rules], Iterator[Difference]]


def compare(recorded: Path, found: Path, rules: Rules, *, name: str) -> list[Difference]:
    """Return what differs; `name` is the file's own, as recorded bytes may lie in a cache under another.

    A file that cannot be read as its name says is compared by its bytes.
    """
    way = WAYS.get(Path(name).suffix.lower(), texts.compare)
    try:
        return list(way(recorded, found, rules))
    except Exception as error:  # noqa: BLE001 - whatever a damaged file makes its reader raise
        reason = f"cannot be read as {Path(name).suffix or 'a text'} ({type(error).__name__})"
        return [Difference("bytes", f"{_short(recorded)}", f"{_short(found)}; one of them {reason}")]


def compare_zip(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare the members of two zip files."""
    with zipfile.ZipFile(recorded) as old, zipfile.ZipFile(found) as new, TemporaryDirectory() as folder:
        names = [*old.namelist(), *(name for name in new.namelist() if name not in old.namelist())]
        for name in names:
            if name not in new.namelist() or name not in old.namelist():
                here, there = (("there" if name in z.namelist() else "none") for z in (old, new))
                yield Difference(name, here, there)
            elif old.read(name) != new.read(name):
                pair = Path(folder, "old"), Path(folder, "new" + Path(name).suffix)
                pair[0].write_bytes(old.read(name))
                pair[1].write_bytes(new.read(name))
                if not texts.differ_in_measured_times_alone(*pair):
                    for difference in compare(*pair, rules, name=name):
                        where = f"{name}: {difference.where}"
                        yield Difference(
                            where, difference.recorded, difference.found, difference.excess, difference.amount
                        )


def _short(path: Path) -> str:
    return f"SHA-256 {digest_of(path, 'sha256')[:16]}"


WAYS: dict[str, Compare] = {
    ".safetensors": arrays.compare_safetensors,
    ".npy": arrays.compare_npy,
    ".onnx": arrays.compare_onnx,
    ".json": documents.compare_json,
    ".jsonl": documents.compare_json_lines,
    ".csv": tables.compare_csv,
    ".parquet": tables.compare_parquet,
    ".png": pictures.compare,
    ".jpg": pictures.compare,
    ".jpeg": pictures.compare,
    ".html": texts.compare_pages,
    ".zip": compare_zip,
}
