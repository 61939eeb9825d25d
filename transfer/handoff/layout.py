"""What a bundle consists of: the names of its files, and where in the project each of them comes from."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from receiver import standalone

FORMAT = 1
FOLDERS = {"classification": "classifier", "detection": "detector"}
# Of an evaluation's folder, by task; what is measured, and what every image was answered with.
EVIDENCE = {
    "classification": ("metrics.json", "predictions.csv"),
    "detection": ("metrics.json", "detections.json", "truth.json"),
}
PICTURES = {"classification": ("worst.png", "confusion.png", "calibration.png"), "detection": ("worst.png",)}
# Copied byte for byte, so that the code which checks and runs a bundle is the code that the line was tested with.
PROGRAMS = ("predict.py", "verify.py")


@dataclass(frozen=True)
class Part:
    """One task's model in the project: checkpoint folder, ONNX file, folder of its evaluation, parity report."""

    task: Literal["classification", "detection"]
    model: Path
    onnx: Path
    report: Path
    parity: Path

    @property
    def folder(self) -> str:
        """The part's folder in the bundle."""
        return FOLDERS[self.task]


def copy_models(bundle: Path, parts: Sequence[Part]) -> None:
    """Copy weights, facts and ONNX files of each part into its folder."""
    for part in parts:
        folder = bundle / part.folder
        folder.mkdir()
        shutil.copyfile(part.onnx, folder / "model.onnx")
        for name in ("model.safetensors", "facts.json"):
            shutil.copyfile(part.model / name, folder / name)


def copy_evidence(bundle: Path, parts: Sequence[Part], *, validation: Path, splits: Path) -> None:
    """Copy what was measured: the gate's result, the splits' summary, metrics, answers, parity and pictures."""
    evidence = bundle / "evidence"
    (evidence / "pictures").mkdir(parents=True)
    shutil.copyfile(validation / "result.json", evidence / "validation.json")
    shutil.copyfile(splits / "summary.json", evidence / "splits.json")
    for part in parts:
        shutil.copyfile(part.parity, evidence / f"{part.folder}_parity.json")
        for name in EVIDENCE[part.task]:
            shutil.copyfile(part.report / name, evidence / f"{part.folder}_{name}")
        for name in PICTURES[part.task]:
            shutil.copyfile(part.report / "pictures" / name, evidence / "pictures" / f"{part.folder}_{name}")


def copy_programs(bundle: Path) -> None:
    """Copy the verifier and the predictor."""
    (source,) = standalone.__path__
    for name in PROGRAMS:
        shutil.copyfile(Path(source, name), bundle / name)


def files_of(folder: Path) -> list[str]:
    """List the files below a folder by their names with `/`, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
