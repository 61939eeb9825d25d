"""Answer a person's mistake in a sentence, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pipelines.errors import LineError


@contextmanager
def answered() -> Iterator[None]:
    """Print what a LineError says and end with 1; end with 130 when a person stops the command."""
    try:
        yield
    except LineError as error:
        print(f"transferline: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        print("\ntransferline: stopped; finished stages are kept, so running again goes on from here", file=sys.stderr)
        raise typer.Exit(130) from error
