"""Progress on standard error: a bar in a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

SECONDS_BETWEEN_LINES = 10.0

Value = TypeVar("Value")


def track(values: Iterable[Value], *, total: int, bar: bool) -> Iterator[Value]:
    """Yield the values and show how far along they are; `bar` says whether a terminal may be drawn on."""
    if bar and sys.stderr.isatty():
        yield from rich_track(values, "images", total=total, console=Console(stderr=True), transient=True)
    else:
        yield from _lines(values, total)


def _lines(values: Iterable[Value], total: int) -> Iterator[Value]:
    started = last = time.monotonic()
    for done, value in enumerate(values, start=1):
        yield value
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            print(f"images: {done:,} of {total:,} ({now - started:.0f} s)", file=sys.stderr, flush=True)
            last = now
