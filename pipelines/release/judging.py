"""Put a bundle through all gates."""

from pipelines.release import gates, latency
from pipelines.release.evidence import Bundle
from pipelines.release.gates import Gate
from pipelines.release.settings import Promote


def judge(candidate: Bundle, champion: Bundle | None, settings: Promote, *, new_split: bool) -> list[Gate]:
    """Return every gate; the first bundle of a name meets those that need no champion.

    With `new_split`, metrics are not compared, as both were measured on other images.

    Raises:
        ReleaseError: evidence is missing.
    """
    found = [gates.committed(candidate, settings)]
    if champion is not None:
        found.append(gates.tasks(candidate, champion))
    for task in candidate.tasks:
        if champion is not None and task in champion.tasks and not new_split:
            found += _compared(candidate, champion, task, settings)
        found.append(gates.class_floor(candidate, task, settings))
        found += gates.parity(candidate, task, settings)
        rival = champion if champion is not None and task in champion.tasks else None
        found += latency.gates(candidate, rival, task, settings.latency)
    return found + gates.size(candidate, champion, settings)


def _compared(candidate: Bundle, champion: Bundle, task: str, settings: Promote) -> list[Gate]:
    split = gates.same_split(candidate, champion, task)
    return [split, gates.metric(candidate, champion, task, settings)] if split.passed else [split]
