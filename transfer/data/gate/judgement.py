"""The validation gate: gather what is wrong with a data set, and decide whether the line may go on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.duplicates.duplicate_tables import Duplicates
from transfer.data.gate import expectations, gate_findings, repeats, rules, tables
from transfer.data.gate.expectations import Check
from transfer.data.gate.rules import Thresholds
from transfer.data.gate.statistics import statistics
from transfer.data.ingest.findings import Finding
from transfer.errors import DataError, ValidationFailed

EXAMPLES_IN_MESSAGE = 5


@dataclass(frozen=True)
class Verdict:
    """What the gate has seen: `findings` are ordered, failures first; nothing is left out."""

    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    statistics: dict[str, Any]

    @property
    def success(self) -> bool:
        """Whether no finding fails."""
        return all(finding.action != "fail" for finding in self.findings)

    def counts(self) -> list[tuple[str, str, int]]:
        """Count findings: action, name and number, in the order of the findings."""
        counts = Counter((finding.action, finding.finding) for finding in self.findings)
        return [(action, name, count) for (action, name), count in counts.items()]


def judge(
    found: Dataset,
    duplicates: Duplicates,
    ingested: pd.DataFrame,
    *,
    thresholds: Thresholds,
    policy: Mapping[str, str],
    data_docs: Path | None,
) -> Verdict:
    """Hold the data set against its rules; `ingested` are the findings of the stage ingest_data.

    Raises:
        ParamsError: the policy lacks a finding, or names an unknown one.
    """
    gate_findings.check_policy(policy)
    judged = tables.tables(found)
    expected = rules.rules(found, thresholds)
    checks = expectations.check(judged, expected, keys=tables.KEYS, data_docs=data_docs)
    links = duplicates.links
    shares = {"max_linked_share": thresholds.max_linked_share}
    findings = [
        *gate_findings.from_checks(checks, judged, policy),
        *repeats.from_links(found.images, links, policy, **shares),
        *_dropped(len(found.images), ingested, policy, max_dropped_share=thresholds.max_dropped_share),
        *(Finding(*row) for row in ingested[["finding", "file", "reason", "action"]].itertuples(index=False)),
    ]
    return Verdict(tuple(sorted(findings, key=_order)), tuple(checks), statistics(found, links))


def read_ingest_findings(path: Path) -> pd.DataFrame:
    """Read findings.parquet of ingest_data.

    Raises:
        DataError: there is none.
    """
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as error:
        msg = f"{path}: not found; run the stage ingest_data first"
        raise DataError(msg) from error


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as result.json holds it."""
    return {
        "success": verdict.success,
        "counts": [{"action": action, "finding": name, "count": count} for action, name, count in verdict.counts()],
        "findings": [asdict(finding) for finding in verdict.findings],
        "expectations": [_check_as_json(check) for check in verdict.checks],
        "statistics": verdict.statistics,
    }


def require_success(verdict: Verdict, page: Path) -> None:
    """Stop the line if anything fails.

    Raises:
        ValidationFailed: says what, where and how many, and where the page is.
    """
    if not verdict.success:
        raise ValidationFailed("\n".join([*_failures(verdict), f"Everything that was found: {page}"]))


def describe(verdict: Verdict) -> str:
    """Name the kinds of findings and how many there are of each."""
    kinds = [f"{count:,} {name} ({action})" for action, name, count in verdict.counts()]
    return ", ".join(kinds) or "nothing found"


def _dropped(
    num_images: int, ingested: pd.DataFrame, policy: Mapping[str, str], *, max_dropped_share: float
) -> list[Finding]:
    dropped = ingested.loc[ingested["action"] == "drop", "file"].nunique()
    share = dropped / max(1, num_images + dropped)
    if share <= max_dropped_share:
        return []
    reason = f"{dropped:,} files ({share:.1%}) were dropped or lost a box, expected at most {max_dropped_share:.1%}"
    return [Finding("many_dropped", "", reason, policy["many_dropped"])]


def _order(finding: Finding) -> tuple[int, Finding]:
    rank = {"fail": 0, "warn": 1}
    return rank.get(finding.action, 2), finding


def _check_as_json(check: Check) -> dict[str, Any]:
    return {
        "table": check.table,
        "column": check.rule.column,
        "expectation": check.rule.expectation,
        "limits": dict(check.rule.limits),
        "finding": check.rule.finding,
        "checked": check.checked,
        "bad": len(check.bad),
        "passed": check.passed,
        "error": check.error,
    }


def _failures(verdict: Verdict) -> Sequence[str]:
    failing = [(name, count) for action, name, count in verdict.counts() if action == "fail"]
    lines = [f"the data did not pass: {sum(count for _, count in failing):,} finding(s) of {len(failing)} kind(s) fail"]
    for name, count in failing:
        sentence = gate_findings.KINDS.get(name, "an expectation could not be checked")
        examples = [finding for finding in verdict.findings if finding.finding == name][:EXAMPLES_IN_MESSAGE]
        lines.append(f"  {count:>8,}  {name}: {sentence}")
        lines += [f"            {(example.file + '  ').lstrip()}{example.reason}" for example in examples]
        lines += [f"            ... and {count - len(examples):,} more"] if count > len(examples) else []
    advice = "Mend the data, or choose warn in validate_data.findings, or another threshold in validate_data.thresholds"
    return [*lines, advice]
