"""The sections `recipe` and `strategies`: what stands there reaches the library, mistakes are sentences."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stages.params import load
from stages.recipe import RecipeParams, Strategies
from transfer.errors import ParamsError
from transfer.models.heads import HeadShape
from transfer.training.strategies import Divided, Falling, Plan, Probe

Values = dict[str, Any]


@pytest.fixture
def write(tmp_path: Path, pytestconfig: pytest.Config) -> Callable[[Callable[[Values], None]], Path]:
    """Write the project's params with a change."""

    def writer(change: Callable[[Values], None]) -> Path:
        values = yaml.safe_load((pytestconfig.rootpath / "params.yaml").read_text(encoding="utf-8"))
        change(values)
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return path

    return writer


def phase(values: Values) -> Values:
    found: Values = values["strategies"]["gradual"]["phases"][0]
    return found


def test_strategies_are_what_params_say(write):
    entries = load("strategies", Strategies, path=write(lambda values: None))

    assert entries.named("linear_probe").probe == Probe(0.1, "all")
    assert entries.named("feature_extraction").head == HeadShape((256,), False, 0.2)
    assert entries.named("discriminative").phases == (Plan("all", 14, Divided(0.002, (10, 5, 2)), None),)
    assert entries.named("gradual").phases[0] == Plan(1, 2, Falling(0.002, 1.5), None)
    assert entries.named("scratch").start == "random"


def test_rates_may_be_a_list(write):
    path = write(lambda values: phase(values).update(rates=[0.1, 0.2]))

    assert load("strategies", Strategies, path=path).named("gradual").phases[0].rates == (0.1, 0.2)


def test_the_recipe_reaches_the_library(write):
    path = write(lambda values: values["recipe"].update(micro_batch_size=8, ema=0.9, frozen_norm="both"))
    settings = load("recipe", RecipeParams, path=path).settings(fp16=True)

    assert settings.recipe.steps.micro_batch_size == 8
    assert settings.recipe.steps.scale_loss
    assert settings.recipe.steps.ema == 0.9
    assert settings.recipe.frozen_norm == "both"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda values: phase(values).update(rates={"head": 0.1, "decy": 2.0}),
            r"strategies.gradual.phases.0.rates.decay: missing; .*\n.*strategies.gradual.phases.0.rates.decy: unknown",
        ),
        (
            lambda values: phase(values).update(rates={"head": 0.1, "divisors": [10, "x"]}),
            r"strategies.gradual.phases.0.rates.divisors.1: found 'x'; input should be a valid number$",
        ),
        (
            lambda values: phase(values).update(train="body"),
            r"strategies.gradual.phases.0.train: found 'body'; input should be 'head' or 'all'; or .* valid integer$",
        ),
        (
            lambda values: values["strategies"]["gradual"].update(start="warm"),
            r"strategies.gradual.start: found 'warm'; input should be 'random', 'backbone' or 'warmed'$",
        ),
        (lambda values: values["strategies"]["gradual"].update(phases=[]), "found neither phases and a probe"),
        (lambda values: values["strategies"]["gradual"].update(probe={"c": 1.0, "views": "all"}), "found both phases"),
    ],
)
def test_a_mistake_in_a_strategy_is_one_sentence_at_its_place(write, change, message):
    with pytest.raises(ParamsError, match=message):
        load("strategies", Strategies, path=write(change)).named("gradual")


def test_a_mistake_in_the_recipe_lists_what_there_is(write):
    with pytest.raises(ParamsError, match=r"recipe.emma: unknown key; recipe has: batch_size, micro_batch_size"):
        load("recipe", RecipeParams, path=write(lambda values: values["recipe"].update(emma=1)))
    with pytest.raises(ParamsError, match=r"recipe.optimizer.name: found 'adamv'; input should be 'adamw', 'adam'"):
        load("recipe", RecipeParams, path=write(lambda values: values["recipe"]["optimizer"].update(name="adamv")))


def test_an_unknown_strategy_is_answered_with_the_closest(write):
    with pytest.raises(ParamsError, match=r"there is no 'scrach'; did you mean 'scratch'\? There are: disc"):
        load("strategies", Strategies, path=write(lambda values: None)).named("scrach")
