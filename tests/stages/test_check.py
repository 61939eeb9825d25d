"""What is found wrong with params before any stage runs."""

from pathlib import Path

import pytest

from stages import check

PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"


@pytest.fixture
def params(tmp_path):
    def write(old, new):
        text = PARAMS.read_text(encoding="utf-8")
        assert 1 == text.count(old)
        path = tmp_path / "params.yaml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return write


def test_the_params_of_the_project_are_sound():
    assert [] == check.mistakes(PARAMS, ["finetune_classifier", "selection", "strategies", "recipe"])


def test_an_unknown_strategy_is_named_with_the_closest(params):
    path = params("finetune_classifier:\n  strategy: gradual", "finetune_classifier:\n  strategy: gradul")

    (found,) = check.mistakes(path, ["finetune_classifier", "recipe"])

    assert "strategies: there is no 'gradul'; did you mean 'gradual'?" in found
    assert "There are: scratch, linear_probe" in found


def test_an_unknown_strategy_of_the_tournament_or_its_sweep_is_named(params):
    path = params("strategies: [linear_probe, feature_extraction,", "strategies: [linear_prob, feature_extraction,")

    assert "did you mean 'linear_probe'?" in "".join(check.mistakes(path, ["selection"]))

    path = params("    strategy: two_phase ", "    strategy: two_fase ")

    assert "did you mean 'two_phase'?" in "".join(check.mistakes(path, ["selection"]))


def test_each_section_has_its_own_mistakes(params):
    path = params("finetune_classifier:\n  strategy: gradual", "finetune_classifier:\n  strategi: gradual")

    (found,) = check.mistakes(path, ["finetune_classifier", "selection"])

    assert "finetune_classifier.strategi" in found
