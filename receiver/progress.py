"""Progress of long work: a bar in a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

SECONDS_BETWEEN_LINES = 10.0

Item = TypeVar("Item")


def track(items: Iterable[Item], description: str, *, total: int | None = None, bar: bool = True) -> Iterator[Item]:
    """Yield the items, showing on standard error how far along they are; without `bar`, in a terminal by lines, too."""
    total = total if total is not None else len(items)  # type: ignore[arg-type]
    if bar and sys.stderr.isatty():
        yield from rich_track(items, description, total=total, console=Console(stderr=True))
    else:
        yield from _lines(items, description, total)


def say(message: str) -> None:
    """Print one line of progress at once, also when the output is a pipe."""
    print(message, file=sys.stderr, flush=True)


def _lines(items: Iterable[Item], description: str, total: int) -> Iterator[Item]:
    started = last = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            say(f"{description}: {done:,} of {total:,} ({now - started:.0f} s)")
            last = now
    if (seconds := time.monotonic() - started) >= SECONDS_BETWEEN_LINES:
        say(f"{description}: {done:,} in {seconds:.1f} s")
