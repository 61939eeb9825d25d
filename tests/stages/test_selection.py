from pathlib import Path

import pytest
import yaml

from stages.params import load
from stages.selection import SelectionParams
from transfer.errors import ParamsError

SWEEP = {"strategy": "full", "backbone": "backbone", "size": 20, "seed": 0, "rates": [0.1]}
GOOD = {"strategies": ["full"], "backbones": ["resnet-50.v2"], "sizes": [5, "all"], "seeds": [0], "sweep": SWEEP}


def read(tmp_path: Path, **changes: object) -> SelectionParams:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump({"selection": {**GOOD, **changes}}), encoding="utf-8")
    return load("selection", SelectionParams, path=path)


def test_what_a_matrix_can_read_is_read(tmp_path: Path) -> None:
    assert (5, "all") == read(tmp_path).sizes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": [1, 1]}, r"selection\.seeds: found \(1, 1\); .*each value may stand there once"),
        ({"sizes": []}, r"selection\.sizes: found \(\); tuple should have at least 1 item"),
        ({"sizes": ["most"]}, r"selection\.sizes\.0.*'all'"),
        ({"strategies": ["two-phase"]}, r"selection\.strategies\.0: found 'two-phase'; string should match pattern"),
        ({"backbones": ["../backbone"]}, r"selection\.backbones\.0: found '../backbone'; string should match"),
        (
            {"sweep": {**SWEEP, "rates": [0.0]}},
            r"selection\.sweep\.rates\.0: found 0.0; input should be greater than 0",
        ),
    ],
)
def test_what_it_cannot_read_is_a_sentence(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        read(tmp_path, **changes)
