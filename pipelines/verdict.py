"""Ask DVC what is up to date, before and after the work, and what was measured."""

import json
import subprocess
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipelines.environment import for_stages
from pipelines.errors import BusyError, LineError
from pipelines.graph import Graph
from pipelines.reproduce import DVC
from pipelines.transcript import tells_of_a_lock


def stale(project: Path, graph: Graph, stages: Iterable[str]) -> dict[str, Any]:
    """Return those of `stages` that DVC would run again, each with what changed.

    Raises:
        BusyError: another DVC process holds files of the project.
        LineError: DVC fails for another reason.
    """
    addresses = {graph.stages[stage].address: stage for stage in stages}
    # Whole files: for each stage that is named, DVC would read its file again.
    files = sorted({graph.stages[stage].file for stage in stages})
    changed = _ask(project, "status", "--json", *files) if files else {}
    return {addresses[address]: why for address, why in changed.items() if address in addresses}


def fresh(graph: Graph, stages: Sequence[str], stale: Container[str]) -> frozenset[str]:
    """Return those of `stages`, given in graph order, that have nothing stale before them: they stay as they are."""
    found: set[str] = set()
    for stage in stages:
        if stage not in stale and graph.stages[stage].upstream <= found:
            found.add(stage)
    return frozenset(found)


def metrics(project: Path) -> dict[str, dict[str, Any]]:
    """Return the content of each metrics file of dvc.yaml that exists."""
    shown = _ask(project, "metrics", "show", "--json")
    files = shown.get("", {}).get("data", {})
    return {name: entry["data"] for name, entry in sorted(files.items()) if isinstance(entry.get("data"), dict)}


def _ask(project: Path, *arguments: str) -> dict[str, Any]:
    command = [*DVC, *arguments]
    done = subprocess.run(command, cwd=project, env=for_stages(), capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        msg = f"dvc {' '.join(arguments)} failed:\n{done.stderr or done.stdout}"
        kind = BusyError if tells_of_a_lock(done.stderr) else LineError
        raise kind(msg) from error
    return dict(answer)
