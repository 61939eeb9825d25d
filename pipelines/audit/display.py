"""What an audit says on the terminal while it runs, and at its end."""

from collections.abc import Iterator
from pathlib import Path

from pipelines.audit import page
from pipelines.audit.verdict import MEANINGS, StageResult, Verdict


def on_stage(number: int, total: int, name: str, result: StageResult | None) -> None:
    """Tell that a stage has started, or how it ended."""
    place = f"[{number:>{len(str(total))}}/{total}] {name}"
    if result is None:
        print(f"{place} ...", flush=True)
        return
    outputs = page.counted(len(result.outputs), "output")
    print(f"{place}: {MEANINGS[result.status]} ({outputs}, {result.seconds:.1f} s)", flush=True)
    for sentence in _remarks(result):
        print(f"    {sentence}", flush=True)


def at_the_end(verdict: Verdict, *, results: Path, provenance: Path, signed: bool) -> None:
    """Say the verdict, and where to read more."""
    for change in verdict.changes:
        if not change.software:
            print(f"another machine: {change}")
    print(f"\n{verdict.word.capitalize()}: {verdict.revision} ({verdict.commit[:12]}). {page.summary(verdict)}")
    print(f"{results} for people, {provenance} for machines{'' if signed else ' (not signed: no --key)'}")


def _remarks(result: StageResult) -> Iterator[str]:
    yield from result.sentences()
    if result.observed == 0:
        yield "no Python process of it could be observed: only its outputs were compared"
