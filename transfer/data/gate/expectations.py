"""Hold tables against rules with Great Expectations."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Read while the package is imported: without it, usage statistics are sent.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig

from transfer.data.gate.rules import Rule

SITE = "transferline"


@dataclass(frozen=True)
class Check:
    """What came of one rule.

    `bad` holds the key of each bad row with the value found there, every one of them; a rule about a whole table has
    the key "". `error` says why a rule could not be held against the table at all, which is not the same as failing.
    """

    table: str
    rule: Rule
    checked: int
    bad: tuple[tuple[Any, Any], ...]
    error: str | None

    @property
    def passed(self) -> bool:
        """Whether the rule was checked and no row is bad."""
        return not self.bad and self.error is None


def check(
    tables: Mapping[str, pd.DataFrame],
    rules: Mapping[str, Sequence[Rule]],
    *,
    keys: Mapping[str, str],
    data_docs: Path | None,
) -> list[Check]:
    """Check every table against its rules, in their order; `keys` names the column that tells a table's rows apart.

    With `data_docs`, Great Expectations' own pages are written below that folder. They load parts from the network
    and hold the time, so they are neither offline nor the same twice.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    if data_docs is not None:
        _add_site(context, data_docs)
    source = context.data_sources.add_pandas("ingested")
    checks = []
    for name, table in tables.items():
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        definition = gx.ValidationDefinition(name=name, data=batch, suite=_suite(context, name, rules[name]))
        result = context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": table},
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [keys[name]]},
        )
        checks += _checks(name, table, rules[name], result.to_json_dict()["results"], key=keys[name])
    if data_docs is not None:
        context.build_data_docs(site_names=[SITE])
    return checks


def _suite(context: EphemeralDataContext, name: str, rules: Sequence[Rule]) -> gx.ExpectationSuite:
    suite = context.suites.add(gx.ExpectationSuite(name=name))
    for number, rule in enumerate(rules):
        column = {} if rule.column is None else {"column": rule.column}
        suite.add_expectation(getattr(gxe, rule.expectation)(**column, **rule.limits, meta={"rule": number}))
    return suite


def _checks(
    name: str, table: pd.DataFrame, rules: Sequence[Rule], results: Sequence[dict[str, Any]], *, key: str
) -> list[Check]:
    # Results come in another order than the expectations.
    by_rule = {result["expectation_config"]["meta"]["rule"]: result for result in results}
    return [
        Check(name, rule, len(table), _bad(rule, by_rule[number], key), _error(by_rule[number]))
        for number, rule in enumerate(rules)
    ]


def _bad(rule: Rule, result: dict[str, Any], key: str) -> tuple[tuple[Any, Any], ...]:
    if result["success"] or not result["result"]:
        return ()
    if rule.column is None:
        return (("", result["result"]["observed_value"]),)
    return tuple((row[key], row[rule.column]) for row in result["result"]["unexpected_index_list"])


def _error(result: dict[str, Any]) -> str | None:
    """Return the message of an exception: one at the top level, or one per metric."""
    info = result["exception_info"]
    each = [info] if "raised_exception" in info else list(info.values())
    messages = [entry["exception_message"] for entry in each if entry["raised_exception"]]
    return "; ".join(dict.fromkeys(messages)) or None


def _add_site(context: EphemeralDataContext, folder: Path) -> None:
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())}
    site = {"class_name": "SiteBuilder", "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"}}
    context.add_data_docs_site(site_name=SITE, site_config={**site, "store_backend": backend})
