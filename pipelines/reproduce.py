"""Bring one stage up to date: `dvc repro --single-item` as a program of its own, tried again while DVC is locked."""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.children import Children
from pipelines.errors import BusyError, StageError
from pipelines.settings import Settings
from pipelines.transcript import Transcript

MOST_SECONDS_BETWEEN_TRIES = 30.0
# --wait-for-lock: a stage that has run for an hour must not be lost because another process hashes files just then.
DVC = (sys.executable, "-m", "dvc", "--wait-for-lock")


@dataclass(frozen=True)
class Bench:
    """Where and how stages run."""

    project: Path
    settings: Settings
    children: Children
    force: bool = False
    sleep: Callable[[float], None] = time.sleep


def reproduce(stage: str, say: Callable[[str], None], *, bench: Bench) -> Literal["ran", "cached"]:
    """Run `stage`, given by its DVC address, if DVC finds it stale, passing on each line that it prints.

    Raises:
        StageError: the stage failed; it is not tried again.
        BusyError: another DVC process held the stage's files through all tries.
        StoppedError: the line was stopped.
    """
    command = [*DVC, "repro", "--single-item", *(["--force"] if bench.force else []), stage]
    for attempt in range(bench.settings.lock_retries + 1):
        heard = Transcript(say)
        code = bench.children.run(command, heard.hear, folder=bench.project)
        if code == 0:
            return "ran" if heard.started else "cached"
        if heard.started or not heard.locked:
            heard.say_kept_back()
            raise StageError(_why(stage, code, heard))
        _wait(attempt, say, bench)
    tries = bench.settings.lock_retries + 1
    msg = f"{stage}: another DVC process held its files through {tries} tries: {heard.reason()}"
    raise BusyError(msg)


def _wait(attempt: int, say: Callable[[str], None], bench: Bench) -> None:
    if attempt == bench.settings.lock_retries:
        return
    seconds = min(bench.settings.lock_retry_seconds * 1.5**attempt, MOST_SECONDS_BETWEEN_TRIES)
    say(f"another DVC process is at work on the same files; trying again in about {seconds:.0f} s")
    # Not in step with the other process, which may be waiting for this one.
    bench.sleep(seconds * random.uniform(0.75, 1.25))


def _why(stage: str, code: int, heard: Transcript) -> str:
    return heard.reason() or f"failed to reproduce '{stage}': dvc exited with {code}"
