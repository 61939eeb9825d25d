"""How much of a change comes from which kind of thing: reruns of single changes, each in a clean clone."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines import answer_table
from pipelines.comparison import answers, metrics, mixture, rerun
from pipelines.comparison.storage import Side

SAME_MACHINE = (
    "Each single change was run once, with the packages and the processor of this machine; a rerun of the same change "
    "here gives the same numbers, another machine or another seed gives others. Differences within chance mean nothing."
)
# Of images and boxes: what was measured on, not what came out.
COUNTS = "num_"
OTHER_SURROUNDINGS = "The old revision ran in other surroundings than these: what they change is part of every row."


def attribute(old: Side, new: Side, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Rerun the old revision with one kind of the new one's changes at a time, and say what each does to the numbers.

    What the single changes leave of the whole change comes from their being made together.

    Raises:
        ProjectError: git fails.
    """
    kinds = mixture.changed_kinds(old, new)
    files = _moved(old, new)
    if len(kinds) < 2 or not files:
        return {"runs": [], "numbers": [], "remarks": [_why_nothing(old, new, kinds)]}
    stages = [name for name, stage in old.record.stages.items() if not files.isdisjoint(stage.outs)]
    runs = [
        _run(old, new, kind=kind, place=f"{number} of {len(kinds)}", stages=stages, files=files, say=say)
        for number, kind in enumerate(kinds, start=1)
    ]
    remarks = [SAME_MACHINE, *([OTHER_SURROUNDINGS] if any(run["other_surroundings"] for run in runs) else [])]
    return {"runs": runs, "numbers": _numbers(old, new, runs, files), "remarks": remarks}


def _why_nothing(old: Side, new: Side, kinds: Sequence[str]) -> str:
    if not kinds:
        return "Nothing changed."
    if len(kinds) == 1:
        return f"Only {kinds[0]} changed, so all comes from there."
    lost = sorted({*old.missing, *new.missing} & {*old.record.metrics, *new.record.metrics})
    return f"Nothing to attribute without {', '.join(lost)}." if lost else "No number changed."


def _moved(old: Side, new: Side) -> set[str]:
    """Return the metrics files of both sides in which a number at the top is not the same."""
    common = set(old.record.metrics) & set(new.record.metrics)
    sides = {path: (metrics.numbers(old, path), metrics.numbers(new, path)) for path in common}
    return {path for path, (a, b) in sides.items() if a and b and metrics.headline(a) != metrics.headline(b)}


def _run(
    old: Side,
    new: Side,
    *,
    kind: str,
    place: str,
    stages: Sequence[str],
    files: set[str],
    say: Callable[[str], None],
) -> dict[str, Any]:
    say(f"rerunning with the new {kind} alone ({place}) ...")
    with TemporaryDirectory(prefix="transferline-diff-") as temporary:
        clone = Path(temporary) / "line"
        mixture.make(old, new, kind=kind, folder=clone)
        failed = rerun.rerun(clone, stages, say=say)
        return {
            "kind": kind,
            "failed": failed,
            "numbers": {} if failed else {path: _read(clone / path) for path in sorted(files)},
            "answers": None if failed else _answers(old, clone),
            "other_surroundings": not failed and rerun.other_surroundings(old, clone),
        }


def _read(file: Path) -> dict[str, float]:
    return metrics.headline(metrics.leaves(json.loads(file.read_bytes()))) if file.is_file() else {}


def _answers(old: Side, clone: Path) -> dict[str, Any] | None:
    before = answers.read(old)
    file = next((clone / path for path in (answers.PREDICTIONS, answers.CONFUSION) if (clone / path).is_file()), None)
    if before is None or file is None:
        return None
    after = answer_table.parse(file.read_bytes())
    both = answers.paired(before, after)
    return answers.judged(answers.counted(both[both["label_old"] == both["label"]]))


def _numbers(old: Side, new: Side, runs: Sequence[dict[str, Any]], files: set[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted(files):
        before, after = (metrics.headline(metrics.numbers(side, path)) for side in (old, new))
        common = [key for key in before if key in after and not key.startswith(COUNTS)]
        rows += [_row(f"{path}: {key}", key, before[key], after[key], path=path, runs=runs) for key in common]
    return [row for row in rows if row["total"] or any(row[run["kind"]] for run in runs)]


def _row(
    name: str, key: str, before: float, after: float, *, path: str, runs: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    alone = {run["kind"]: run["numbers"].get(path, {}).get(key) for run in runs}
    changes = {kind: None if value is None else value - before for kind, value in alone.items()}
    total = after - before
    # With a change that did not run, what is left is not the effect of being together alone.
    rest = total - sum(change for change in changes.values() if change is not None)
    return {"key": name, "old": before, "new": after, "total": total, **changes, "rest": rest}
