"""The dvc.yaml files, params.yaml, the overlays and the stage modules tell the same story."""

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from pipelines import overlay, sections
from scripts.code_deps import FILES, RECORD, build_graph, code_deps
from stages import check
from stages.entry import environment_of, options_of, sections_of
from stages.params import Params, load

ROOT = Path(__file__).resolve().parents[1]
TEXTS = {file: (ROOT / file).read_text(encoding="utf-8") for file in FILES}
STAGES_OF = {file: yaml.safe_load(text)["stages"] for file, text in TEXTS.items()}
# Of a foreach stage, what each of its entries does.
STAGES = {name: stage.get("do", stage) for stages in STAGES_OF.values() for name, stage in stages.items()}
FOREACH = {name for stages in STAGES_OF.values() for name, stage in stages.items() if "do" in stage}
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
    return {
        name if argument == "params" else argument: schema for argument, schema in sections_of(run_of(name)).items()
    }


def paths_of(name: str, *kinds: str) -> set[str]:
    """Return the paths that dvc.yaml lists; those with options (`path: {cache: false}`) without them."""
    entries = [entry for kind in kinds for entry in STAGES[name].get(kind, [])]
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def record(name: str) -> set[str]:
    """Return the file that stands for the code of a matrix stage, which must be among its deps."""
    if "matrix" not in STAGES[name]:
        return set()
    files = paths_of(RECORD, "outs") - environment(RECORD)
    assert files <= paths_of(name, "deps")
    return files


def test_names_are_unique_over_all_files() -> None:
    assert sum(map(len, STAGES_OF.values())) == len(STAGES)


def test_there_are_no_other_files() -> None:
    found = {file.relative_to(ROOT) for file in [ROOT / "dvc.yaml", *ROOT.glob("[!.]*/dvc.yaml")]}

    assert set(FILES) == found


def test_optional_stages_run_in_the_project() -> None:
    assert {".."} == {STAGES[name]["wdir"] for name in STAGES_OF[Path("selection", "dvc.yaml")]}


@every_stage
def test_stage_has_a_file_a_command_and_a_section_of_its_name(name: str) -> None:
    assert Path("stages", f"{name}.py").is_file()
    assert ["python", "-m", f"stages.{name}"] == STAGES[name]["cmd"].split()[:3]
    assert name in PARAMS or "params" not in sections_of(run_of(name))


@every_stage
def test_the_command_passes_every_option_and_every_item(name: str) -> None:
    words = STAGES[name]["cmd"].split()[3:]
    passed = dict(zip(words[::2], words[1::2], strict=True))

    assert {f"--{option}" for option in options_of(run_of(name))} == set(passed)
    assert {f"${{item.{key}}}" for key in STAGES[name].get("matrix", {})} <= set(passed.values())
    assert (name in FOREACH) == ("${key}" in passed.values())


@every_stage
def test_code_deps_are_the_modules_it_can_import(name: str, graph: grimp.ImportGraph) -> None:
    listed = [dep for dep in paths_of(name, "deps") if dep.endswith(".py")]
    file = next(file for file, stages in STAGES_OF.items() if name in stages)

    assert sorted(code_deps(name, STAGES_OF[file], graph)) == sorted(listed), "run `make deps`"


def records_of_others(name: str) -> set[str]:
    """Return the records of what other stages ran on, which a bundle takes along as dvc.lock lists them."""
    return {dep for dep in paths_of(name, "deps") if dep.startswith("reports/environment/")}


def ancestors(name: str) -> set[str]:
    """Return the stages that make what a stage needs."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        deps = [Path(dep) for dep in paths_of(waiting.pop(), "deps")]
        for other in set(STAGES) - found:
            outs = [Path(out) for out in paths_of(other, "outs", "metrics", "plots")]
            if any(out.is_relative_to(dep) or dep.is_relative_to(out) for out in outs for dep in deps):
                found.add(other)
                waiting.append(other)
    return found


@pytest.mark.parametrize("name", [name for name in STAGES if name.startswith("package_")])
def test_a_bundle_needs_the_record_of_everything_that_led_to_it(name: str) -> None:
    outs = {out for other in ancestors(name) for out in paths_of(other, "outs")}

    assert {out for out in outs if out.startswith("reports/environment/")} == records_of_others(name)


def environment(name: str) -> set[str]:
    """Return the record that stages/entry.py writes of each stage but the items of a matrix."""
    return set() if options_of(run_of(name)) else {environment_of(run_of(name)).as_posix()}


@every_stage
def test_the_environment_is_recorded(name: str) -> None:
    assert environment(name) == {path for path in paths_of(name, "outs") if path.startswith("reports/environment")}


@every_stage
def test_path_defaults_are_the_deps_and_outs(name: str) -> None:
    arguments = inspect.signature(run_of(name)).parameters.values()
    defaults = {a.default.as_posix() for a in arguments if isinstance(a.default, Path)}
    data = {dep for dep in paths_of(name, "deps") if not dep.endswith(".py")} - records_of_others(name)
    # A cell does not read the record of its code: it waits for it.
    listed = (data - record(name)) | (paths_of(name, "outs", "metrics", "plots") - environment(name))

    # What a template makes of the params and the item, `run` makes of them, too.
    assert {path for path in listed if "${" not in path} == defaults


@every_stage
def test_templated_deps_name_a_value(name: str) -> None:
    for template in filter(None, map(TEMPLATE.fullmatch, paths_of(name, "deps"))):
        section, key = template.groups()
        # What an entry of a foreach stage has, its schema says.
        assert (section == "item" and name in FOREACH) or isinstance(PARAMS[section][key], str)


@every_stage
def test_params_are_the_sections_that_run_takes(name: str) -> None:
    keys = set(STAGES[name].get("params", []))
    if name.startswith("package_"):
        # Their bundles tell with which values all stages before them ran.
        led_here = {key for other in ancestors(name) for key in STAGES[other].get("params", [])}
        assert led_here | {"package_handoff"} == keys
        return
    sections = {key.partition(".")[0] for key in keys}
    assert set(schemas_of(name)) == sections
    # A section stands there as a whole, or an entry of it that another value names; a matrix stage takes what it needs.
    assert "matrix" in STAGES[name] or all(key in sections or "${" in key for key in keys)


@every_stage
def test_sections_fit_their_schemas(name: str) -> None:
    for section, schema in schemas_of(name).items():
        assert PARAMS[section] == load(section, schema).model_dump(mode="json")


@pytest.mark.parametrize("section", sorted(set(PARAMS) - set(sections.SCHEMAS)))
def test_every_section_can_be_checked_before_it_is_written(section: str) -> None:
    schemas = {schemas_of(name).get(section) for name in STAGES} - {None}

    assert schemas <= {check.schema_of(section)}
    load(section, check.schema_of(section))


def test_every_section_has_a_reader() -> None:
    read = {section for name in STAGES for section in schemas_of(name)}
    templates = {section for text in TEXTS.values() for section, _ in TEMPLATE.findall(text)} - {"item"}

    assert read | templates | set(sections.SCHEMAS) == set(PARAMS)
    sections.check(PARAMS)


@pytest.mark.parametrize("file", sorted((ROOT / "overlays").glob("*.yaml")), ids=lambda file: file.stem)
def test_overlays_fit_the_schemas(file: Path, tmp_path: Path) -> None:
    values = overlay.applied(PARAMS, overlay.changes(PARAMS, [file], [], exact=False))
    changed: dict[str, Any] = {**values}
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(changed), encoding="utf-8")

    for name in STAGES:
        for section, schema in schemas_of(name).items():
            load(section, schema, path=path)
