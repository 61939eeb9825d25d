"""Answer a person's mistake in a sentence, without a traceback."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pipelines.errors import LineError

STOPPED = 130
GOES_ON = "finished stages are kept, so running again goes on from here"


@contextmanager
def answered(*, code: int = 1, stopped: str = GOES_ON) -> Iterator[None]:
    """Print what a LineError says and end with `code`; when somebody stops it, say `stopped` and end with 130."""
    try:
        yield
    except LineError as error:
        print(f"transferline: {error}", file=sys.stderr)
        raise typer.Exit(code) from error
    except KeyboardInterrupt as error:
        print(f"\ntransferline: stopped; {stopped}", file=sys.stderr)
        raise typer.Exit(STOPPED) from error


def take_sigterm_for_ctrl_c() -> None:
    """Let a command that works in temporary clones remove them also when a scheduler, and no person, ends it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
