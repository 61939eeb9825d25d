"""`transferline promote` and `transferline rollback`: who is the champion, and why."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines import environment, project
from pipelines.mistakes import answered

REFUSED = 1

Champion = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The champion's bundle, where DVC's cache does not have it; checked to be it."),
]
NewSplit = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Compare no metrics, as the test split is another than the champion's."),
]


def promote(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder or zip that package_handoff wrote.")],
    champion: Champion = None,
    new_split: NewSplit = None,
) -> None:
    """Judge a bundle against the champion by the gates in params.yaml; exit code 1 if it is refused."""
    with answered():
        folder = _project()
        from pipelines.release import deciding, display, repository

        decision = deciding.promote(folder, bundle.absolute(), given=champion, new_split=new_split)
        if decision is None:
            print(f"{bundle} is the champion already; nothing to decide")
            return
        display.show(decision)
        if repository.dirty(folder):
            print("Uncommitted changes here are not part of that commit and stay as they are.")
        if decision.entry["decision"] == "refused":
            raise typer.Exit(REFUSED)
        print("`git push --follow-tags` shares the decision and its tags, `dvc push` what was packed.")


def rollback(
    reason: Annotated[str, typer.Option(help="Why; it goes into the log.")],
    name: Annotated[str | None, typer.Option(help="Name of the bundle, where there are champions of several.")] = None,
) -> None:
    """Give the champion's place back to the bundle that had it before."""
    with answered():
        folder = _project()
        from pipelines.release import deciding, display

        display.show(deciding.rollback(folder, reason=reason, name=name))


def _project() -> Path:
    folder = project.find(Path.cwd())
    environment.prepare(folder)
    return folder
