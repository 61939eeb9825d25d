"""What a bundle was made of and with: revision, stages and their params as DVC recorded them, weights, environment."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from transfer import atomic
from transfer.data.dataset import Dataset
from transfer.handoff import checksums
from transfer.handoff.layout import Part

CODE = (".py", ".yaml", ".csv")


def describe(
    parts: Sequence[Part], data: Dataset, *, git: Mapping[str, Any], code: Iterable[Path], stages: Iterable[str]
) -> dict[str, Any]:
    """Describe the data, the code (a hash of each folder and file) and where the weights of each part come from."""
    return {
        "git": dict(git),
        "code": {
            path.as_posix(): checksums.of_folder(path, extensions=CODE) if path.is_dir() else checksums.of_file(path)
            for path in code
        },
        "data": {
            "root": data.root.as_posix(),
            "fingerprint": data.fingerprint,
            "num_images": len(data.images),
            "num_boxes": len(data.boxes),
        },
        "weights": {part.task: facts_of(part)["lineage"] for part in parts},
        "stages": sorted(stages),
    }


def facts_of(part: Part) -> dict[str, Any]:
    """Read what the checkpoint of a part says about itself."""
    facts: dict[str, Any] = json.loads((part.model / "facts.json").read_text(encoding="utf-8"))
    return facts


def write(
    bundle: Path,
    described: Mapping[str, Any],
    *,
    recorded: Mapping[str, Any],
    params: str,
    environment: Iterable[Path],
) -> None:
    """Write lineage.json, the entries of dvc.lock that led here, params.yaml (its text), and what each stage ran on."""
    folder = bundle / "lineage"
    (folder / "environment").mkdir(parents=True)
    atomic.write_json(folder / "lineage.json", described)
    atomic.write_text(folder / "dvc.lock.json", json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    atomic.write_text(folder / "params.yaml", params)
    for file in environment:
        shutil.copyfile(file, folder / "environment" / file.name)
