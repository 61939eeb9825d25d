"""What a person reads when a command cannot do what was asked."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from receiver.errors import ReceiverError

UNUSABLE, INTERRUPTED = 2, 130


@contextmanager
def mistakes() -> Iterator[None]:
    """Turn the exceptions that a person can mend into a sentence and exit code 2."""
    try:
        yield
    except KeyboardInterrupt as error:
        print("\ntransferline: stopped; no output file was written", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from error
    except BrokenPipeError as error:
        # Whoever reads has seen enough; Python would complain once more when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(UNUSABLE) from error
    except Exception as error:
        if not _is_known(error):
            raise
        print(f"transferline: {error}", file=sys.stderr)
        raise typer.Exit(UNUSABLE) from error


def _is_known(error: Exception) -> bool:
    from receiver.standalone import predict, verify

    return isinstance(error, ReceiverError | OSError | predict.BundleError | verify.BadBundle)
