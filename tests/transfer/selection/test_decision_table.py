from pathlib import Path

import numpy as np
import pytest
import yaml

from transfer.errors import DataError
from transfer.models import zoo
from transfer.selection import decision_table

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "selection/decision_table.csv"
NAMES = {
    "scratch",
    "linear_probe",
    "feature_extraction",
    "partial",
    "discriminative",
    "gradual",
    "two_phase",
    "full",
}


@pytest.fixture
def edited(tmp_path):
    def edit(old, new):
        text = TABLE.read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "table.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "table.csv"

    return edit


def test_exactly_one_rule_holds_wherever_one_looks():
    rules = decision_table.read(TABLE)
    generator = np.random.default_rng(0)
    for images, distance in zip(10 ** generator.uniform(0, 6, 3000), generator.uniform(0, 1, 3000), strict=True):
        holding = [r for r in rules if r.images_from <= images < r.images_to]
        holding = [r for r in holding if r.distance_from <= distance < r.distance_to]
        assert [decision_table.find(rules, images, distance)] == holding
    assert decision_table.find(rules, 5, 1.0).rule == "few_far"


def test_strategies_and_backbones_exist_and_sources_are_named():
    rules = decision_table.read(TABLE)
    known = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")).get("strategies", NAMES)

    assert {rule.strategy for rule in rules} <= set(known)
    assert {name for rule in rules for name in rule.backbones} <= set(zoo.ARCHITECTURES)
    assert len({rule.rule for rule in rules}) == len(rules)
    assert all(rule.source and rule.note for rule in rules)


def test_a_gap_is_named(edited):
    path = edited("many_near,100,1000", "many_near,200,1000")
    with pytest.raises(DataError, match=r"at 100 images per class and distance 0 no rule holds; expected exactly one"):
        decision_table.read(path)


def test_an_overlap_is_named(edited):
    path = edited("many_near,100,1000,0,0.1", "many_near,100,1000,0,0.2")
    with pytest.raises(DataError, match=r"distance 0.1 the rules many_near, many_medium hold"):
        decision_table.read(path)


def test_a_word_in_place_of_a_number_is_named(edited):
    with pytest.raises(DataError, match=r"table.csv, row 2, column images_to: found 'twenty'"):
        decision_table.read(edited("few_near,1,20", "few_near,1,twenty"))


def test_an_empty_cell_is_named(edited):
    with pytest.raises(DataError, match=r"row 2, column strategy: found ''"):
        decision_table.read(edited("0.1,linear_probe,", "0.1,,"))


def test_a_missing_column_is_named(edited):
    with pytest.raises(
        DataError, match=r"expected rows with the columns rule, .*; found rule, images_from, images_upto"
    ):
        decision_table.read(edited("images_to", "images_upto"))


def test_a_missing_table_says_how_to_have_it_back(tmp_path):
    with pytest.raises(DataError, match="not found; it comes with the project"):
        decision_table.read(tmp_path / "table.csv")
