"""Find, among what the stages wrote, what people look at: pictures, pages, exported models, plots."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.graph import Graph

PICTURES = {".png", ".svg", ".jpg"}
# A folder with more pictures than this is data, not a report.
MOST_PICTURES = 100


@dataclass(frozen=True)
class Outputs:
    """Paths relative to the project, sorted."""

    pictures: tuple[Path, ...]
    pages: tuple[Path, ...]
    models: tuple[Path, ...]
    plots: tuple[Path, ...]

    def picture_folders(self) -> list[tuple[Path, int]]:
        """Return each folder that holds pictures, with their number."""
        return [(folder, len(files)) for folder, files in sorted(_by_folder(self.pictures).items())]


def find(project: Path, graph: Graph, stages: Sequence[str]) -> Outputs:
    """Look through the outputs of `stages` that exist."""
    files = [f for stage in stages for out in graph.stages[stage].outs for f in _files(project / out)]
    relative = sorted({f.relative_to(project) if f.is_relative_to(project) else f for f in files})
    pictures = _by_folder(f for f in relative if f.suffix in PICTURES)
    plots = {plot for stage in stages for plot in graph.stages[stage].plots if (project / plot).is_file()}
    galleries = [pictures[folder] for folder in sorted(pictures) if len(pictures[folder]) <= MOST_PICTURES]
    return Outputs(
        pictures=tuple(picture for gallery in galleries for picture in gallery),
        pages=tuple(f for f in relative if f.suffix == ".html"),
        models=tuple(f for f in relative if f.suffix == ".onnx"),
        plots=tuple(sorted(plots)),
    )


def _files(out: Path) -> list[Path]:
    return [f for f in out.rglob("*") if f.is_file()] if out.is_dir() else [out] if out.is_file() else []


def _by_folder(files: Iterable[Path]) -> dict[Path, list[Path]]:
    folders: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        folders[file.parent].append(file)
    return folders
