"""Find the project that a command is about."""

from pathlib import Path

from pipelines.errors import ProjectError


def find(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds dvc.yaml and a DVC project."""
    for folder in (start, *start.parents):
        if (folder / "dvc.yaml").is_file() and (folder / ".dvc").is_dir():
            return folder
    msg = f"{start}: neither this folder nor one above it holds dvc.yaml and .dvc; change into the project's folder"
    raise ProjectError(msg)
