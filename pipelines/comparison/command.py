"""`transferline diff`: what changed between two revisions, and what became of the numbers."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines import environment, project
from pipelines.mistakes import answered, take_sigterm_for_ctrl_c
from receiver.atomic import write_text

Old = Annotated[str, typer.Argument(metavar="REV1", help="Commit, branch or tag to compare with.")]
New = Annotated[
    str | None, typer.Argument(metavar="[REV2]", help="The newer one; without it, the working tree as it is.")
]
Attribute = Annotated[
    bool,
    typer.Option("--attribute", help="Rerun single changes in clean clones, to see what each does to the numbers."),
]
Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", dir_okay=False, writable=True, help="Write everything here, too, as JSON."),
]


def diff(old: Old, new: New = None, attribute: Attribute = False, file: Json = None) -> None:
    """Say what changed between two revisions in data, params, code, weights and surroundings, and in the numbers."""
    with answered():
        folder = project.find(Path.cwd())
        environment.prepare(folder)
        from pipelines.comparison import difference, display, staleness

        sides = difference.sides(folder, old, new)
        found = difference.compare(*sides)
        found["stale"] = staleness.of(folder) if new is None else []
        display.show(found)
        if attribute:
            take_sigterm_for_ctrl_c()
            from pipelines.comparison import attribution

            found["attribution"] = attribution.attribute(*sides, say=lambda text: print(text, flush=True))
            display.show_attribution(found["attribution"])
        if file is not None:
            write_text(file, json.dumps(found, indent=2, ensure_ascii=False, default=str) + "\n")
            print(f"written: {file}")
