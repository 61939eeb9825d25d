from pathlib import Path

import pytest

from pipelines import params
from pipelines.audit import settings
from pipelines.audit.values.difference import Tolerance
from pipelines.errors import ParamsError
from pipelines.section import checked

GOOD = {kind: {"absolute": 0.5, "relative": 0.25} for kind in ("tensors", "numbers", "pixels")}


def test_the_section_becomes_rules() -> None:
    rules = checked(settings.Settings, "audit", {"audit": GOOD}).rules()

    assert Tolerance(0.5, 0.25) == rules.tensors == rules.numbers == rules.pixels


def test_a_revision_without_the_section_gets_no_tolerance(tmp_path: Path) -> None:
    assert settings.EXACT == settings.load(tmp_path)
    (tmp_path / "params.yaml").write_text("line: {}\n")
    assert settings.EXACT == settings.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"tensors": {"absolute": -1.0, "relative": 0.0}},
            "audit.tensors.absolute: found -1.0; input should be greater",
        ),
        ({"numbers": {"absolute": 0.1}}, "audit.numbers.relative: missing"),
        ({"words": {}}, "audit.words: unknown key; audit has: tensors, numbers, pixels"),
        ({"pixels": {"absolute": "much", "relative": 0.0}}, "audit.pixels.absolute: found 'much'"),
    ],
)
def test_mistakes_are_named(change, message) -> None:
    with pytest.raises(ParamsError, match=message):
        checked(settings.Settings, "audit", {"audit": {**GOOD, **change}})


def test_a_mistake_is_named_before_it_is_written(make_project) -> None:
    section = "audit:\n" + "".join(f"  {kind}: {{absolute: 0.5, relative: 0.25}}\n" for kind in GOOD)
    project = make_project("stages: {}\n", section)
    before = (project / "params.yaml").read_text()

    with pytest.raises(ParamsError, match=r"audit\.tensors\.absolute: found -1\.0"):
        params.write(project, [], ["audit.tensors.absolute=-1.0"])
    assert before == (project / "params.yaml").read_text()

    params.write(project, [], ["audit.tensors.absolute=1.0"])
    assert Tolerance(1.0, 0.25) == settings.load(project).tensors
