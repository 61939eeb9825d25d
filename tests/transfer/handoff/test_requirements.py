"""The oldest versions that a receiver may have answer as those that the bundle was packed with."""

import subprocess
import venv
from pathlib import Path

import numpy as np
import pytest
from packaging.specifiers import SpecifierSet

from tests.receiver import tiny_bundle
from tests.transfer.export import test_classifier, test_detector
from transfer.export import classifier, detector
from transfer.handoff import golden, layout
from transfer.handoff.requirements import REQUIRES

program = test_detector.program


@pytest.mark.network
def test_the_oldest_versions_answer_the_golden_inputs(tmp_path: Path, program) -> None:
    bundle = tiny_bundle.make(tmp_path / "bundle")
    classifier.export(test_classifier.program("none"), bundle / "classifier/model.onnx")
    detector.export(program, bundle / "detector/model.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    layout.copy_programs(bundle)
    tolerances = {"probability": 0.001, "score": 0.001, "pixels": 0.5}
    golden.write_expected(bundle, golden.write_inputs(bundle, [(1, pixels)]), tolerances)
    tiny_bundle.seal(bundle)

    command = [_with_oldest(tmp_path / "venv"), "-I", bundle / "verify.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "all golden inputs were answered as expected" in done.stdout


def _with_oldest(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    oldest = [f"{name}=={_start(SpecifierSet(versions))}" for name, versions in REQUIRES.items()]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *oldest], check=True, timeout=500)
    return python


def _start(versions: SpecifierSet) -> str:
    (start,) = (one.version for one in versions if one.operator == ">=")
    return start
