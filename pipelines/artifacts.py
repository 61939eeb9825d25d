"""Publish metrics, plots and pictures where Prefect shows them."""

import base64
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from pipelines.outputs import Outputs
from pipelines.summary import is_number, number
from pipelines.walk import Result

# Artifacts are rows of the server's database: small pictures go in, large ones are named.
LARGEST_PICTURE = 200_000
MOST_BYTES = 3_000_000
MOST_ROWS = 500


def publish(project: Path, results: Sequence[Result], metrics: dict[str, dict[str, Any]], *, outputs: Outputs) -> None:
    """Create the artifacts of this flow run; what does not exist is left out."""
    create_markdown_artifact(stage_table(results), key="stages", description="How each stage ended")
    if metrics:
        create_markdown_artifact(metrics_table(metrics), key="metrics", description="What was measured")
    if outputs.pictures or outputs.pages or outputs.models:
        create_markdown_artifact(gallery(project, outputs), key="outputs", description="Pictures, pages and models")
    for plot in outputs.plots:
        if plot.suffix == ".csv":
            create_table_artifact(rows(project / plot), key=key(plot), description=f"{plot}, first {MOST_ROWS} rows")


def stage_table(results: Sequence[Result]) -> str:
    """Return a markdown table of stages."""
    lines = [f"| {r.stage} | {r.outcome} | {r.seconds:.1f} | {_cell(r.message)} |" for r in results]
    return "\n".join(["| stage | outcome | seconds | remark |", "|---|---|---:|---|", *lines])


def metrics_table(metrics: dict[str, dict[str, Any]]) -> str:
    """Return a markdown table with one row per number, nested ones by their path ("per_class.patches.recall")."""
    lines = [
        f"| {file} | {_cell(name)} | {number(value)} |"
        for file, values in metrics.items()
        for name, value in _leaves(values)
        if is_number(value)
    ]
    return "\n".join(["| file | metric | value |", "|---|---|---:|", *lines])


def gallery(project: Path, outputs: Outputs) -> str:
    """Return markdown that shows the small pictures and names everything else."""
    room = MOST_BYTES
    lines = [*[f"* model: `{model}`" for model in outputs.models], *[f"* page: `{page}`" for page in outputs.pages], ""]
    for picture in outputs.pictures:
        size = (project / picture).stat().st_size
        shown = picture.suffix == ".png" and size <= min(LARGEST_PICTURE, room)
        room -= size if shown else 0
        lines.append(_embedded(project, picture) if shown else f"`{picture}`")
    return "\n\n".join(lines)


def rows(plot: Path) -> list[dict[str, Any]]:
    """Return the first rows of a CSV file."""
    with plot.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row, _ in zip(csv.DictReader(file), range(MOST_ROWS), strict=False)]


def key(path: Path) -> str:
    """Return an artifact key, which may hold lower-case letters, digits and dashes only."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in str(path.with_suffix("")).lower())


def _embedded(project: Path, picture: Path) -> str:
    data = base64.b64encode((project / picture).read_bytes()).decode("ascii")
    return f"`{picture}`\n\n![{picture.name}](data:image/png;base64,{data})"


def _leaves(values: Any, path: str = "") -> list[tuple[str, Any]]:
    if not isinstance(values, dict):
        return [(path, values)]
    return [leaf for name, value in values.items() for leaf in _leaves(value, f"{path}.{name}" if path else str(name))]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
