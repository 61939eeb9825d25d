"""Say on the console what stages say, and at the end what came out."""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.outputs import Outputs
from pipelines.walk import Result

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red")
OUTCOME_STYLES = {"ran": "green", "cached": "bright_blue", "failed": "bold red", "not started": "yellow"}


def console() -> Console:
    """Return a console that wraps nothing: in a log one line stays one line."""
    width = None if sys.stdout.isatty() else 120
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)


def say(screen: Console, stage: str, line: str, *, stages: Sequence[str]) -> None:
    """Print one line that `stage` said, with its name in front."""
    colour = COLOURS[stages.index(stage) % len(COLOURS)]
    screen.print(Text.assemble((f"{stage:<{max(map(len, stages))}} | ", colour), line))


def conclude(
    screen: Console, results: Sequence[Result], metrics: dict[str, dict[str, Any]], *, outputs: Outputs
) -> None:
    """Print how the stages ended, what was measured, and where everything is."""
    screen.print()
    screen.print(_stage_table(results))
    for file, values in metrics.items():
        screen.print(Text.assemble((f"{file:<34}", "bold"), "  ".join(numbers(values))))
    for what, where in _places(outputs):
        screen.print(Text.assemble((f"{what:<10}", "bold"), where))


def numbers(values: dict[str, Any]) -> list[str]:
    """Return "name value" for each number at the top of a metrics file."""
    return [f"{name} {number(value)}" for name, value in values.items() if is_number(value)]


def is_number(value: Any) -> bool:
    """Whether `value` is an int or a float."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: float) -> str:
    """Return `value` with four significant digits; whole numbers in full."""
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _stage_table(results: Sequence[Result]) -> Table:
    table = Table("stage", "outcome", "seconds", "remark", box=None, header_style="bold", pad_edge=False)
    table.columns[2].justify = "right"
    for result in results:
        seconds = f"{result.seconds:.1f}" if result.seconds else ""
        table.add_row(result.stage, Text(result.outcome, OUTCOME_STYLES[result.outcome]), seconds, result.message)
    return table


def _places(outputs: Outputs) -> list[tuple[str, str]]:
    pictures = [("pictures", f"{folder} ({count})") for folder, count in outputs.picture_folders()]
    # What most people open stands last, where they look: the page about everything.
    pages = [("page", str(page)) for page in sorted(outputs.pages, key=lambda page: (-len(page.parts), page))]
    models = [("model", str(model)) for model in outputs.models]
    plots = [("plots", f"{', '.join(map(str, outputs.plots))} (dvc plots show)")] if outputs.plots else []
    return [*pictures, *plots, *models, *pages]
