"""The first screen: what people need who would rather look than read."""

from dataclasses import dataclass
from typing import Any, Literal

from transfer.report.words import percent


@dataclass(frozen=True)
class Verdict:
    """One answer to a question that everybody asks; `where` is the part of the page that has the details."""

    question: str
    state: Literal["good", "warn", "bad", "none"]
    answer: str
    detail: str
    where: str


def verdicts(page: dict[str, Any]) -> list[Verdict]:
    """Return what the gates have found."""
    data, parities, champion = page["data"], page["parities"], page["champion"]
    return [_gate(data["gate"]), _leakage(data["split"]), *map(_parity, parities), _champion(champion)]


def sentence(page: dict[str, Any]) -> str:
    """Say in one breath what was reached."""
    parts = []
    if classifier := page["classifier"]:
        metrics = classifier["metrics"]
        parts.append(
            f"The classifier names {classifier['right']:,} of {metrics['num_images']:,} test pictures right "
            f"({percent(metrics['accuracy'])})"
        )
    if detector := page["detector"]:
        metrics = detector["metrics"]
        start = "the detector" if parts else "The detector"
        parts.append(
            f"{start} reaches an average precision of {metrics['AP50'] or 0:.2f} at an overlap of one half, on "
            f"{metrics['num_boxes']:,} boxes in {metrics['num_images']:,} test pictures"
        )
    return "; ".join(parts) + "."


def _gate(gate: dict[str, Any]) -> Verdict:
    warnings = gate["warnings"]
    kinds = (
        f"{warnings} {'kind' if warnings == 1 else 'kinds'} of findings worth a look" if warnings else "nothing found"
    )
    state: Literal["good", "warn", "bad"] = "bad" if not gate["success"] else "warn" if warnings else "good"
    return Verdict("Data gate", state, "passed" if gate["success"] else "failed", kinds, "data")


def _leakage(split: dict[str, Any]) -> Verdict:
    share = max(split["leaked_share"], split["leaked_share_val"])
    return Verdict(
        "Leakage",
        "bad" if share else "good",
        f"{percent(share)} of test" if share else "none",
        "test pictures that show what a training picture shows" if share else "no test picture shows what training saw",
        "data",
    )


def _parity(parity: dict[str, Any]) -> Verdict:
    detail = f"{parity['short']}, {parity['images']:,} test pictures"
    name = parity["name"].lower()
    return Verdict(
        f"ONNX {name}",
        "good" if parity["same"] else "warn",
        "same answers" if parity["same"] else "within limits",
        detail,
        "parity",
    )


def _champion(champion: dict[str, Any] | None) -> Verdict:
    if champion is None:
        return Verdict("Champion", "none", "none yet", "no bundle has been promoted", "champions")
    better = sum(row["state"] == "up" for row in champion["rows"])
    worse = sum(row["state"] == "down" for row in champion["rows"])
    answer = "better" if better and not worse else "worse" if worse and not better else "mixed" if worse else "equal"
    state: Literal["good", "warn"] = "warn" if worse else "good"
    return Verdict(
        "Champion", state, answer, f"against {champion['version']}: {better} figures better, {worse} worse", "champions"
    )
