from dataclasses import replace

import pytest

from pipelines.audit.consistency import findings
from pipelines.audit.record import Asked, Entry
from pipelines.audit.sources import Source

ENTRY = Entry("run", {"a.py": "1", "made": "2"}, {"params.yaml:train": {"rate": 1, "deep": {"x": 1}}}, {"model": "3"})
STAGE = Asked(
    name="train",
    address="train",
    file="dvc.yaml",
    wdir=".",
    cmd="run",
    deps=("a.py", "made"),
    sources=("a.py",),
    params={"params.yaml:train": {"rate": 1, "deep": {"x": 1}}},
    outs=("model",),
    metrics=(),
    param_files=("params.yaml",),
    recorded=ENTRY,
)
MAKER = replace(STAGE, name="make", outs=("made",), recorded=Entry("", {}, {}, {"made": "2"}))


def found(stage: Asked, maker: Asked = MAKER, source: str | None = "1") -> list[str]:
    return findings(stage, sources={"a.py": Source("a.py", source, {"train": "1"})}, makers={"made": maker})


def test_a_true_record_and_none_at_all() -> None:
    assert [] == found(STAGE)
    assert [] == found(replace(STAGE, recorded=None))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cmd": "walk"}, "command: recorded 'run', dvc.yaml has 'walk'"),
        ({"outs": ("model", "more")}, "output more: not recorded"),
        ({"outs": ()}, "output model: recorded, but dvc.yaml does not list it"),
        ({"deps": ("a.py", "made", "b.py")}, "dep b.py: not recorded"),
        ({"params": {}}, "param train: recorded {'rate': 1, 'deep': {'x': 1}}, dvc.yaml does not ask for it"),
        (
            {"params": {"params.yaml:train": {"rate": 1, "deep": {"x": 2}}}},
            "param train.deep.x: recorded 1, params.yaml has 2",
        ),
        (
            {"params": {**STAGE.params, "params.yaml:seed": 1}},
            "param seed: not recorded, params.yaml has 1",
        ),
    ],
)
def test_what_the_revision_does_not_have_is_named(change: dict, expected: str) -> None:
    assert [expected] == found(replace(STAGE, **change))


def test_sources_and_contradictions() -> None:
    assert ["a.py: recorded with MD5 1, has MD5 9 now"] == found(STAGE, source="9")
    assert ["a.py: recorded with MD5 1, is not here"] == found(STAGE, source=None)
    maker = replace(MAKER, recorded=Entry("", {}, {}, {"made": "8"}))
    assert ["dvc.lock contradicts itself: made was read with MD5 2, but make made it with 8"] == found(STAGE, maker)
