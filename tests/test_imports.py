"""What may import what: import-linter's contracts, and what each stage process loads."""

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
import yaml

from scripts.code_deps import FILES, build_graph

ROOT = Path(__file__).resolve().parents[1]
STAGES = [name for file in FILES for name in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"]]
PACKAGES = ("pipelines", "receiver", "stages", "transfer")
WITHOUT_TORCH = ["ingest_data", "find_duplicates", "validate_data", "split_data", "build_report"]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return build_graph(include_external_packages=True)


def test_contracts_of_import_linter_are_kept(tmp_path: Path) -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_imports_no_workflow_tool(name: str, graph: grimp.ImportGraph) -> None:
    assert {"dvc", "prefect"}.isdisjoint(graph.find_upstream_modules(f"stages.{name}"))


def test_only_validation_imports_great_expectations(graph: grimp.ImportGraph) -> None:
    readers = [name for name in STAGES if "great_expectations" in graph.find_upstream_modules(f"stages.{name}")]

    assert ["validate_data"] == readers


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_stages_around_training_do_not_import_torch(name: str, graph: grimp.ImportGraph) -> None:
    assert {"torch", "torchvision"}.isdisjoint(graph.find_upstream_modules(f"stages.{name}"))


@pytest.mark.parametrize("name", [name for name in STAGES if name.startswith(("warmup", "finetune"))])
def test_training_does_not_import_what_only_reports_need(name: str, graph: grimp.ImportGraph) -> None:
    modules = graph.find_upstream_modules(f"stages.{name}")

    # scikit-learn fits the linear probe.
    assert {"matplotlib", "onnx", "onnxruntime"}.isdisjoint(modules)
    assert not [module for module in modules if module.startswith("transfer.export")]


def test_packages_are_marked_by_empty_files() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("__init__.py")]

    assert [] == [file for file in files if file.read_text(encoding="utf-8")]


def test_the_command_line_answers_without_prefect_dvc_or_torch() -> None:
    program = "import sys, pipelines.cli; print(*sorted({'prefect', 'dvc', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def imported_by(file: Path) -> set[str]:
    """Return the top-level names of everything that the file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named = [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in [*plain, *named]}


STANDALONE = {"verify.py": set(), "predict.py": {"numpy", "PIL", "onnxruntime"}}


@pytest.mark.parametrize("file", sorted((ROOT / "receiver/standalone").glob("[!_]*.py")), ids=lambda file: file.name)
def test_what_is_copied_into_a_bundle_needs_little(file: Path) -> None:
    assert imported_by(file) - sys.stdlib_module_names <= STANDALONE[file.name]
