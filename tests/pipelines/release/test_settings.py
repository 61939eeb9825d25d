from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import ParamsError
from pipelines.release import settings
from pipelines.section import checked
from tests.pipelines.release.conftest import PARAMS


@pytest.fixture
def values() -> dict[str, Any]:
    return {"promote": yaml.safe_load(PARAMS.read_text(encoding="utf-8"))["promote"]}


def test_the_lines_own_gates_are_valid(values: dict[str, Any]) -> None:
    assert values["promote"] == checked(settings.Promote, "promote", values).model_dump(mode="json")


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("classification", "metric", "f1", "params.yaml: promote.classification.metric: found 'f1'; input should be"),
        ("classification", "class_floor", 2.0, "promote.classification.class_floor: found 2.0; input should be less"),
        ("latency", "rounds", 0, "promote.latency.rounds: found 0; input should be greater"),
        ("latency", "round", 3, "promote.latency.round: unknown key"),
        ("size", "max_ratio", "big", "promote.size.max_ratio: found 'big'"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, Any], section: str, key: str, value: object, message: str) -> None:
    values["promote"][section][key] = value

    with pytest.raises(ParamsError) as caught:
        checked(settings.Promote, "promote", values)
    assert message in str(caught.value)


def test_what_is_missing_is_named(values: dict[str, Any], tmp_path: Path) -> None:
    del values["promote"]["stage"]
    with pytest.raises(ParamsError, match=r"promote\.stage: missing"):
        checked(settings.Promote, "promote", values)
    with pytest.raises(ParamsError, match=r"promote\.stage: missing; promote has: stage, confidence"):
        checked(settings.Promote, "promote", {})
    with pytest.raises(ParamsError, match=r"params\.yaml: not found"):
        settings.load(tmp_path)
