"""dvc.yaml, params.yaml, the overlays and the stage modules tell the same story."""

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from pipelines import overlay, settings
from scripts.code_deps import build_graph, code_of
from stages.params import Params, load

ROOT = Path(__file__).resolve().parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
TEMPLATE = re.compile(r"\$\{(\w+)\.([\w.]+)\}")

every_stage = pytest.mark.parametrize("name", STAGES)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return build_graph()


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run_of(name: str) -> Callable[..., None]:
    return importlib.import_module(f"stages.{name}").run


def schemas_of(name: str) -> dict[str, type[Params]]:
    """Return the sections that the stage reads, each with its schema."""
    arguments = inspect.signature(run_of(name), eval_str=True).parameters.values()
    found = [a for a in arguments if isinstance(a.annotation, type) and issubclass(a.annotation, Params)]
    return {name if a.name == "params" else a.name: a.annotation for a in found}


def paths_of(name: str, *kinds: str) -> set[str]:
    """Return the paths that dvc.yaml lists; those with options (`path: {cache: false}`) without them."""
    entries = [entry for kind in kinds for entry in STAGES[name].get(kind, [])]
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


@every_stage
def test_stage_has_a_file_a_command_and_a_section_of_its_name(name: str) -> None:
    assert Path("stages", f"{name}.py").is_file()
    assert f"python -m stages.{name}" == STAGES[name]["cmd"]
    assert name in PARAMS


@every_stage
def test_code_deps_are_the_modules_it_can_import(name: str, graph: grimp.ImportGraph) -> None:
    listed = [dep for dep in paths_of(name, "deps") if dep.endswith(".py")]

    assert sorted(code_of(name, graph)) == sorted(listed), "run `make deps`"


@every_stage
def test_path_defaults_are_the_deps_and_outs(name: str) -> None:
    arguments = inspect.signature(run_of(name)).parameters.values()
    defaults = {a.default.as_posix() for a in arguments if isinstance(a.default, Path)}
    data = {dep for dep in paths_of(name, "deps") if not dep.endswith(".py") and not TEMPLATE.fullmatch(dep)}

    assert data | paths_of(name, "outs", "metrics", "plots") == defaults


@every_stage
def test_templated_deps_name_a_value(name: str) -> None:
    for template in filter(None, map(TEMPLATE.fullmatch, paths_of(name, "deps"))):
        section, key = template.groups()
        assert isinstance(PARAMS[section][key], str)


@every_stage
def test_params_are_the_sections_that_run_takes(name: str) -> None:
    assert sorted(schemas_of(name)) == sorted(STAGES[name]["params"])


@every_stage
def test_sections_fit_their_schemas(name: str) -> None:
    for section, schema in schemas_of(name).items():
        assert PARAMS[section] == load(section, schema).model_dump(mode="json")


def test_every_section_has_a_reader() -> None:
    read = {section for name in STAGES for section in schemas_of(name)}

    assert read | {"line"} == set(PARAMS)
    assert settings.check(PARAMS)


@pytest.mark.parametrize("file", sorted((ROOT / "overlays").glob("*.yaml")), ids=lambda file: file.stem)
def test_overlays_fit_the_schemas(file: Path, tmp_path: Path) -> None:
    values = overlay.applied(PARAMS, overlay.changes(PARAMS, [file], []))
    changed: dict[str, Any] = {**values}
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(changed), encoding="utf-8")

    for name in STAGES:
        for section, schema in schemas_of(name).items():
            load(section, schema, path=path)
