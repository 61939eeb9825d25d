"""What kinds of things a result comes from: data, params, code, weights."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from pipelines import sections
from pipelines.comparison.record import Record
from pipelines.release.log import LOG
from pipelines.section import PARAMS

KINDS = ("data", "params", "code", "weights")
# Sections that say which data there are are data; those that say which weights are weights.
DATA_SECTIONS = ("ingest_data", "find_duplicates", "validate_data", "split_data")
WEIGHT_STAGES = "fetch_"
CODE_FOLDERS = ("stages", "transfer", "receiver")
CODE_FILES = ("dvc.yaml", "requirements.lock")
# What is written down of promotions: nothing that a result comes from.
RELEASE = LOG.parent.as_posix()


def of_section(name: str) -> str:
    """Return the kind of a section of params.yaml; "record" of those that no stage reads, as the gates."""
    if name in sections.SCHEMAS:
        return "record"
    if name in DATA_SECTIONS:
        return "data"
    return "weights" if name.startswith((WEIGHT_STAGES, "candidates")) else "params"


def is_code(path: str) -> bool:
    """Whether a dependency is code, and not something that code works on."""
    return path.endswith(".py") or path.partition("/")[0] in CODE_FOLDERS or path in CODE_FILES


def of_source(path: str, readers: Iterable[str]) -> str:
    """Return the kind of something that stages read and that none writes."""
    if is_code(path):
        return "code"
    if path == PARAMS:
        return "params"
    if path == RELEASE:
        return "record"
    return "weights" if all(stage.startswith(WEIGHT_STAGES) for stage in readers) else "data"


def of_file(path: str, record: Record) -> str:
    """Return the kind of a file that git tracks; "record" is what is written down of runs and promotions."""
    if path == PARAMS:
        return "params"
    if PurePosixPath(path).name == "dvc.lock" or path.startswith(f"{RELEASE}/"):
        return "record"
    # What `dvc add` tracks is known to git by a small file beside it.
    tracked = path.removesuffix(".dvc")
    for source, readers in record.sources().items():
        if not is_code(source) and (tracked == source or tracked.startswith(f"{source}/")):
            return of_source(source, readers)
    return "code"
