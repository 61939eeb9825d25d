"""Which stages of the working tree have not seen its latest changes yet."""

from pathlib import Path

from pipelines import graph, verdict


def of(project: Path) -> list[str]:
    """Return the stages of the line (not the optional ones) that DVC would run again."""
    plan = graph.read(project)
    return sorted(verdict.stale(project, plan, plan.matching([])))
