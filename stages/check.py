"""Check sections of a params file against the schemas of their stages before any of them runs.

    python -m stages.check params.yaml SECTION...

Prints every mistake of every section and exits with 1, or prints nothing.
"""

import importlib
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.params import Params, Runtime, load
from stages.selection import SelectionParams
from transfer.errors import ParamsError

SHARED: dict[str, type[Params]] = {"runtime": Runtime, "selection": SelectionParams}


def mistakes(path: Path, sections: Sequence[str]) -> list[str]:
    """Return what is wrong with each section, one text per section with mistakes."""
    found = []
    for section in sections:
        try:
            load(section, SHARED.get(section) or _schema(section), path=path)
        except ParamsError as error:
            found.append(str(error))
    return found


def _schema(stage: str) -> type[Params]:
    run = importlib.import_module(f"stages.{stage}").run
    schema: type[Params] = inspect.signature(run, eval_str=True).parameters["params"].annotation
    return schema


if __name__ == "__main__":
    sys.exit("\n".join(mistakes(Path(sys.argv[1]), sys.argv[2:])) or 0)
