"""The command line: `transferline run`, `transferline schedule`, `transferline init`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines import environment, params, project, server
from pipelines.audit import command as audit
from pipelines.comparison.command import diff
from pipelines.mistakes import answered
from pipelines.overlay import Change
from pipelines.release import command as release
from receiver import predict_command, serve_command, verify_command

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
audit.register(app)

Stages = Annotated[
    list[str] | None,
    typer.Argument(metavar="[STAGE]...", help="Stages to bring up to date; without any, the line."),
]
Params = Annotated[
    list[Path] | None,
    typer.Option("--params", metavar="FILE", help="Overlay to write into params.yaml; may be repeated."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="One value to write into params.yaml; may be repeated."),
]
Force = Annotated[bool, typer.Option("--force", help="Run stages that are up to date, too.")]

app.command()(diff)
app.command()(release.promote)
app.command()(release.rollback)


@app.callback()
def transferline() -> None:
    """From raw images to two verified ONNX models. The graph is in dvc.yaml, the values are in params.yaml."""


@app.command()
def run(stages: Stages = None, overlay: Params = None, assignment: Set = None, force: Force = False) -> None:
    """Bring stages and everything they need up to date; exit code 0 only when DVC agrees that they are."""
    with answered():
        folder = _ready(stages or [], overlay or [], assignment or [])
        print("Starting the flow (Prefect's engine takes some seconds) ...", flush=True)
        engine = server.start(folder, temporary=True)
        # Prefect reads its environment when it is imported; that takes as long as its server takes to start.
        from pipelines.line import line

        engine.wait_until_ready()
        state = line(stages or [], str(folder), force, return_state=True)
    if not state.is_completed():
        print(f"transferline: {state.message}", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def schedule(
    cron: Annotated[str, typer.Option(help="When to run, for example '0 2 * * *' for every night at two.")],
    stages: Stages = None,
    overlay: Params = None,
    assignment: Set = None,
    force: Force = False,
    timezone: Annotated[str, typer.Option(help="Time zone that the times are meant in.")] = "UTC",
) -> None:
    """Serve the same flow on a schedule until stopped, on the server at PREFECT_API_URL or on one of its own."""
    with answered():
        folder = _ready(stages or [], overlay or [], assignment or [])
        engine = server.start(folder, temporary=False)
        from pipelines.schedule import serve

        engine.wait_until_ready()
        dashboard = engine.url.removesuffix("/api")
        print(f"Serving {folder} at '{cron}' ({timezone}); runs are shown at {dashboard}", flush=True)
        serve(folder, stages or [], cron=cron, timezone=timezone, force=force)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it must not exist yet.")],
    overlay: Params = None,
    assignment: Set = None,
) -> None:
    """Make a copy of this project for other data: a git clone with its own params, committed, and without remotes."""
    with answered():
        here = project.find(Path.cwd())
        environment.prepare(here)
        from pipelines.clone import clone

        files = [file.absolute() for file in overlay or []]
        made = clone(here, folder.absolute(), files, assignment or [])
        print(f"{folder}: made from the last commit of {here}")
        _tell(made.changes)
        print(f"Left out: {', '.join(made.remotes)}. Add your own with `git remote add` and `dvc remote add`.")
        if made.uncommitted:
            print("Changes here that are not committed did not come along.")
        print(f"Next: cd {folder} && make run (or transferline run, with this installation)")


def _ready(stages: list[str], overlays: list[Path], assignments: list[str]) -> Path:
    """Write the overlays, unless anything is wrong with them or with the stages that they lead to."""
    folder = project.find(Path.cwd())
    environment.prepare(folder)
    from pipelines import graph, settings, sources

    def check() -> None:
        # Values make stages, so there may be others now.
        plan = graph.read(folder)
        sources.check(folder, plan, plan.with_ancestors(plan.matching(stages)))

    made = params.write(folder, overlays, assignments, check=check)
    _tell(made)
    if made:
        print(
            "`git checkout params.yaml` brings back what is committed; `transferline init` makes a copy for other data."
        )
    settings.load(folder)
    return folder


def _tell(made: list[Change]) -> None:
    if made:
        print(f"params.yaml:\n{params.describe(made)}", flush=True)


app.command()(predict_command.predict)
app.command()(serve_command.serve)
app.command()(verify_command.verify)


if __name__ == "__main__":
    app()
