import json
import subprocess
import sys
from importlib.metadata import packages_distributions, version

import pytest

from transfer import surroundings


@pytest.fixture(scope="module")
def slow_way() -> dict[str, list[str]]:
    return dict(packages_distributions())


def test_packages_are_those_of_the_loaded_modules(slow_way) -> None:
    modules = ["numpy.linalg", "PIL", "yaml", "cv2", "json", "stages.entry"]

    expected = {name: version(name) for module in ("numpy", "PIL", "yaml", "cv2") for name in slow_way[module]}
    assert expected == {name: surroundings.packages(modules)[name] for name in expected}
    assert set(expected) == set(surroundings.packages(modules))


def test_every_installed_module_leads_to_its_package(slow_way) -> None:
    found = surroundings.packages(slow_way)

    assert {name for names in slow_way.values() for name in names} - set(found) <= surroundings.NOT_RECORDED


def test_a_process_always_describes_itself_alike() -> None:
    program = "import json, numpy; from transfer import surroundings; print(json.dumps(surroundings.describe()))"
    first, second = (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )

    assert first == second
    record = json.loads(first)
    assert version("numpy") == record["packages"]["numpy"]
    assert "torch" not in record["packages"]
    assert record["cpu"]["torch"] is None
    assert record["gpu"] is None
    assert set(surroundings.VARIABLES) == set(record["variables"])


def test_torch_says_what_it_computes_with_where_it_is_loaded() -> None:
    import torch

    assert torch.backends.cpu.get_cpu_capability() == surroundings.describe()["cpu"]["torch"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512f amx_tile\n\nflags\t\t: other\n", ["amx_tile", "avx2", "avx512f"]),
        ("Features\t: fp asimd bf16\n", ["asimd", "bf16"]),
        ("processor\t: 0\n", []),
    ],
)
def test_features_of_x86_and_arm(text, expected, tmp_path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(text)

    assert expected == surroundings.features(file)


def test_no_features_where_there_is_no_such_file(tmp_path) -> None:
    assert [] == surroundings.features(tmp_path / "cpuinfo")
