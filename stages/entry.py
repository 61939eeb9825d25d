"""Run one stage as a program: parameters in, exit code out."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages.params import Params, load
from transfer.errors import TransferlineError


def main(run: Callable[..., None]) -> None:
    """Load what `run` declares, run it, and turn a mistake of the user into a message and exit code 1.

    The annotations of `run` say which sections it needs: `params` is the section named like its file,
    any other `Params` argument (`runtime: Runtime`) is the section named like the argument.
    """
    try:
        run(**_sections(run))
    except TransferlineError as error:
        print(f"\n{stage_name(run)}: {error}", file=sys.stderr, flush=True)
        sys.exit(1)


def stage_name(run: Callable[..., None]) -> str:
    """The stage of dvc.yaml that `run` implements."""
    return Path(inspect.getfile(run)).stem


def _sections(run: Callable[..., None]) -> dict[str, Any]:
    arguments = inspect.signature(run, eval_str=True).parameters.values()
    schemas = {
        a.name: a.annotation for a in arguments if isinstance(a.annotation, type) and issubclass(a.annotation, Params)
    }
    return {name: load(stage_name(run) if name == "params" else name, schema) for name, schema in schemas.items()}
