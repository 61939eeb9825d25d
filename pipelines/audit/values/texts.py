"""Compare texts line by line, and pages without the times that were measured while they were made."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from pipelines.audit.values.difference import Difference, Rules

# <time data-measured datetime="PT3.2S">3.2 s</time>: the one thing in a page that may differ from run to run. A few
# words at most, so that nobody hides a paragraph or a picture in it.
MEASURED = re.compile(r"<time\b(?=[^<>]*\sdata-measured\b)[^<>]{0,80}>[^<]{0,80}</time>")
BLANK = "<time data-measured></time>"
AROUND = 40


def compare(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Yield the first line in which two texts differ."""
    old, new = (path.read_text(encoding="utf-8") for path in (recorded, found))
    yield from _lines(rules.with_new_digests(old), new)


def compare_pages(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Do the same for pages, with their measured times blanked."""
    old, new = (MEASURED.sub(BLANK, path.read_text(encoding="utf-8")) for path in (recorded, found))
    yield from _lines(rules.with_new_digests(old), new)


def differ_in_measured_times_alone(recorded: Path, found: Path) -> bool:
    """Whether two files are pages that are equal but for their measured times."""
    if recorded.suffix not in {"", ".html"} or found.suffix != ".html":
        return False
    old, new = (path.read_bytes().decode(errors="replace") for path in (recorded, found))
    return bool(MEASURED.search(new)) and MEASURED.sub(BLANK, old) == MEASURED.sub(BLANK, new)


def _lines(old: str, new: str) -> Iterator[Difference]:
    for number, (a, b) in enumerate(zip_longest(old.split("\n"), new.split("\n")), start=1):
        if a != b:
            yield Difference(f"line {number}", _part(a, b), _part(b, a))
            return


def _part(line: str | None, other: str | None) -> str:
    """Return the line around the first character that differs."""
    if line is None:
        return "no more lines"
    first = next((i for i, (a, b) in enumerate(zip(line, other or "", strict=False)) if a != b), len(other or ""))
    start = max(first - AROUND, 0)
    return repr(line[start : first + AROUND])
