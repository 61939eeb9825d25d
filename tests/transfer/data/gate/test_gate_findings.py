import pandas as pd
import pytest

from transfer.data.gate.expectations import Check
from transfer.data.gate.gate_findings import KINDS, check_policy, from_checks
from transfer.data.gate.rules import Rule
from transfer.errors import ParamsError

POLICY = dict.fromkeys(KINDS, "warn")
TABLES = {"images": pd.DataFrame({"file": ["a.png", None]}), "labels": pd.DataFrame({"name": ["x"]})}


def rule(finding: str, column: str | None) -> Rule:
    return Rule(finding, column, "ExpectSomething", "it is {value}, expected less")


def test_every_finding_needs_an_action() -> None:
    check_policy(POLICY)
    policy = {**POLICY, "few_images": "drop", "rust": "fail"}
    del policy["small_box"]
    with pytest.raises(ParamsError) as caught:
        check_policy(policy)
    message = str(caught.value)
    assert "unknown finding rust" in message
    assert "small_box is missing; it may be fail or warn" in message
    assert "few_images is 'drop'; it may be fail or warn" in message


def test_bad_rows_become_findings_about_files_classes_and_the_data_set() -> None:
    checks = [
        Check("images", rule("image_size", "width"), 2, ((0, 9.5), (1, 8)), None),
        Check("labels", rule("few_images_of_class", "count"), 1, (("x", 3),), None),
        Check("images", rule("few_images", None), 2, (("", 2),), None),
    ]
    assert [
        ("image_size", "a.png", "it is 9.5, expected less"),
        ("image_size", "", "it is 8, expected less"),
        ("few_images_of_class", "", "class x: it is 3, expected less"),
        ("few_images", "", "it is 2, expected less"),
    ] == [(found.finding, found.file, found.reason) for found in from_checks(checks, TABLES, POLICY)]


def test_an_error_is_not_a_bad_row_and_always_fails() -> None:
    (found,) = from_checks([Check("images", rule("image_size", "width"), 2, (), "no such column")], TABLES, POLICY)
    assert ("check_errored", "images.width", "fail") == (found.finding, found.file, found.action)
    assert "no such column" in found.reason
