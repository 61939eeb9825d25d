"""Check sections of a params file against the schemas of their stages before any of them runs.

    python -m stages.check params.yaml SECTION...

Prints every mistake of every section and exits with 1, or prints nothing.
"""

import importlib
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.params import Params, load
from transfer.errors import ParamsError

# Sections without a stage of their name; their modules are imported only when they are asked about, as some need torch.
SHARED = {
    "candidates": ("stages.fetch_candidate", "Candidates"),
    "recipe": ("stages.recipe", "RecipeParams"),
    "runtime": ("stages.params", "Runtime"),
    "selection": ("stages.selection", "SelectionParams"),
    "strategies": ("stages.recipe", "Strategies"),
}


def mistakes(path: Path, sections: Sequence[str]) -> list[str]:
    """Return what is wrong with each section, one text per section with mistakes."""
    found = []
    for section in sections:
        try:
            _require_strategies(section, load(section, schema_of(section), path=path), path)
        except ParamsError as error:
            found.append(str(error))
    return found


def _require_strategies(section: str, values: Any, path: Path) -> None:
    """Refuse names that the section `strategies` does not have, which would be found only after the pretraining."""
    if section == "finetune_classifier":
        names = [values.strategy]
    elif section == "selection":
        names = [*values.strategies, values.sweep.strategy]
    else:
        return
    strategies: Any = load("strategies", schema_of("strategies"), path=path)
    for name in names:
        strategies.named(name)


def schema_of(section: str) -> type[Params]:
    """Return the schema of a section: that of the stage of its name, or one of SHARED."""
    schema: type[Params]
    if section in SHARED:
        module, name = SHARED[section]
        schema = getattr(importlib.import_module(module), name)
    else:
        run = importlib.import_module(f"stages.{section}").run
        schema = inspect.signature(run, eval_str=True).parameters["params"].annotation
    return schema


if __name__ == "__main__":
    sys.exit("\n".join(mistakes(Path(sys.argv[1]), sys.argv[2:])) or 0)
