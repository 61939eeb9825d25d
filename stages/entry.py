"""Run one stage as a program: parameters and options in, exit code out."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages import options, timing
from stages.params import Params, load
from transfer import atomic, surroundings
from transfer.errors import TransferlineError

# One file for each stage; what it is for: transfer/surroundings.py
ENVIRONMENT = Path("reports", "environment")


def main(run: Callable[..., None]) -> None:
    """Load what `run` declares, run it, and turn a mistake of the user into a message and exit code 1.

    The annotations of `run` say what it needs: `params` is the section named like its file, any other `Params`
    argument (`runtime: Runtime`) is the section named like the argument, an argument that is neither `Params` nor
    `Path` is an option of the command line (`seed: int` is `--seed 3`): the item of a matrix stage.

    A stage that has run leaves the record of its environment, but for the items of a matrix: one of each cell would
    slow down every `dvc repro`.
    """
    try:
        with timing.recorded(stage_name(run)):
            run(**options.read(sys.argv[1:], options_of(run)), **_sections(run))
        if not options_of(run):
            atomic.write_json(environment_of(run), surroundings.describe())
    except TransferlineError as error:
        print(f"\n{stage_name(run)}: {error}", file=sys.stderr, flush=True)
        sys.exit(1)


def stage_name(run: Callable[..., None]) -> str:
    """The stage that `run` implements."""
    return Path(inspect.getfile(run)).stem


def environment_of(run: Callable[..., None]) -> Path:
    """Return the file for the record of the environment, an output of the stage in dvc.yaml."""
    return ENVIRONMENT / f"{stage_name(run)}.json"


def sections_of(run: Callable[..., None]) -> dict[str, type[Params]]:
    """Return the schema of each argument of `run` that is a section of params.yaml."""
    return {name: a for name, a in _annotations(run).items() if isinstance(a, type) and issubclass(a, Params)}


def options_of(run: Callable[..., None]) -> dict[str, Any]:
    """Return the type of each argument of `run` that is an option of the command line."""
    return {name: a for name, a in _annotations(run).items() if name not in sections_of(run) and a is not Path}


def _annotations(run: Callable[..., None]) -> dict[str, Any]:
    return {a.name: a.annotation for a in inspect.signature(run, eval_str=True).parameters.values()}


def _sections(run: Callable[..., None]) -> dict[str, Any]:
    found = sections_of(run).items()
    return {name: load(stage_name(run) if name == "params" else name, schema) for name, schema in found}
