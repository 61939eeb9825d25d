from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from transfer.handoff import requirements, sbom

ROOT = Path(__file__).resolve().parents[3]


def test_the_receiver_needs_what_onnxruntime_needs_and_no_torch() -> None:
    needed = sbom.closure(requirements.REQUIRES)

    assert {"numpy", "onnxruntime", "pillow", "protobuf"} <= needed
    assert {"torch", "onnx", "pandas", "pytest"}.isdisjoint(needed)


def test_versions_are_those_installed_here(tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "requirements.lock").write_text(
        "NumPy==1.0 \\\n    --hash=sha256:ab\n    # via x\nno-such-package==2\n"
    )

    assert {"numpy": np.__version__} == sbom.locked(tmp_path / "requirements.lock")


def test_the_receivers_ranges_end_where_those_of_the_line_end() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = {one.name: one.specifier for one in map(Requirement, project["dependencies"])}

    assert {name: _end(SpecifierSet(value)) for name, value in requirements.REQUIRES.items()} == {
        name: _end(ours[name]) for name in requirements.REQUIRES
    }


def _end(versions: SpecifierSet) -> str:
    (end,) = (one.version for one in versions if one.operator == "<")
    return end
