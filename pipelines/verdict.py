"""Ask DVC, after the work, whether everything asked for is up to date, and what was measured."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.environment import for_stages
from pipelines.errors import LineError
from pipelines.reproduce import DVC


def stale(project: Path, stages: Sequence[str]) -> dict[str, Any]:
    """Return the stages, among `stages` and all they need, that DVC would run again, each with what changed."""
    return dict(_ask(project, "status", "--json", "--with-deps", *stages)) if stages else {}


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
        raise LineError(msg) from error
    return dict(answer)
