import os

import numpy as np
import pandas as pd

from transfer.data.gate.expectations import Check, check
from transfer.data.gate.rules import Rule

BETWEEN = "ExpectColumnValuesToBeBetween"


def held(table: pd.DataFrame, *rules: Rule) -> list[Check]:
    return check({"things": table}, {"things": rules}, keys={"things": "row"}, data_docs=None)


def test_every_bad_row_is_returned_not_a_sample() -> None:
    values = np.arange(500)
    table = pd.DataFrame({"row": range(500), "size": values})
    most, least = Rule("a", "size", BETWEEN, "", {"max_value": 99}), Rule("b", "size", BETWEEN, "", {"min_value": 10})
    first, second = held(table, most, least)
    assert [(value, value) for value in values[values > 99]] == list(first.bad)
    assert list(range(10)) == [key for key, _ in second.bad]
    assert (500, False) == (first.checked, first.passed)


def test_results_come_back_in_the_order_of_the_rules_and_errors_apart() -> None:
    table = pd.DataFrame({"row": [4, 5], "name": ["x", None]})
    missing = Rule("a", "absent", BETWEEN, "", {"min_value": 1})
    given = Rule("b", "name", "ExpectColumnValuesToNotBeNull", "")
    count = Rule("c", None, "ExpectTableRowCountToBeBetween", "", {"min_value": 3})
    errored, failed, short = held(table, missing, given, count)
    assert errored.error is not None
    assert 'column "absent" in BatchData does not exist' in errored.error
    assert ((), False) == (errored.bad, errored.passed)
    assert (((5, None),), None) == (failed.bad, failed.error)
    assert (("", 2),) == short.bad


def test_usage_statistics_are_off() -> None:
    assert "false" == os.environ["GX_ANALYTICS_ENABLED"]
