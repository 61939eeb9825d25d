"""Serve the flow on a schedule."""

from collections.abc import Sequence
from pathlib import Path

from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from pipelines.line import line


def serve(project: Path, asked: Sequence[str], *, cron: str, timezone: str, force: bool) -> None:
    """Run the line at each time that `cron` names, until this process is stopped; one run at a time."""
    line.serve(
        name=project.name,
        schedules=[Cron(cron, timezone=timezone)],
        parameters={"asked": list(asked), "project": str(project), "force": force},
        limit=1,
        entrypoint_type=EntrypointType.MODULE_PATH,
        print_starting_message=False,
    )
