from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipelines.children import Children
from pipelines.errors import BusyError, StageError
from pipelines.reproduce import Bench, reproduce
from pipelines.settings import Settings

RAN = [
    "Running stage 'train':",
    "> python -m stages.train",
    "epoch 1",
    "Updating lock file 'dvc.lock'",
    "",
    "To track the changes with git, run:",
    "",
    "\tgit add dvc.lock",
    "Use `dvc push` to send your updates to remote storage.",
]
UNCHANGED = ["Stage 'train' didn't change, skipping", "Data and pipelines are up to date."]
RESTORED = ["Stage 'train' is cached - skipping run, checking out outputs", "Updating lock file 'dvc.lock'"]
BUSY = [
    "ERROR: failed to reproduce 'train': 'model.txt' is busy, it is being blocked by:",
    "  (PID 7): dvc repro",
]
LOCKED = ["ERROR: Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly."]
FAILED = [
    "Running stage 'train':",
    "> python -m stages.train",
    "train: no images",
    "ERROR: failed to reproduce 'train': failed to run: python -m stages.train, exited with 1",
]
MISSING = ["ERROR: failed to reproduce 'train': missing data 'source': images"]
SETTINGS = Settings(max_parallel=1, lock_retries=3, lock_retry_seconds=1.0)


class Script(Children):
    """Plays what DVC says, one try after the other."""

    def __init__(self, *tries: tuple[int, list[str]]) -> None:
        super().__init__({})
        self.tries = list(tries)
        self.commands: list[list[str]] = []

    def run(self, command: Sequence[str], on_line: Callable[[str], None], *, folder: Path) -> int:
        self.commands.append(list(command))
        code, lines = self.tries.pop(0)
        for line in lines:
            on_line(line)
        return code


def run_script(
    script: Script, *, settings: Settings = SETTINGS, force: bool = False
) -> tuple[str, list[str], list[float]]:
    said: list[str] = []
    slept: list[float] = []
    bench = Bench(Path(), settings, script, force, slept.append)
    return reproduce("train", said.append, bench=bench), said, slept


def test_passes_on_what_the_stage_says_without_the_advice_of_dvc() -> None:
    script = Script((0, RAN))

    assert ("ran", ["> python -m stages.train", "epoch 1"], []) == run_script(script)
    assert ["--wait-for-lock", "repro", "--single-item", "train"] == script.commands[0][-4:]


@pytest.mark.parametrize("lines", [UNCHANGED, RESTORED])
def test_tells_a_stage_that_did_not_run(lines: list[str]) -> None:
    assert ("cached", [], []) == run_script(Script((0, lines)))


def test_force_is_passed_on() -> None:
    script = Script((0, RAN))
    run_script(script, force=True)

    assert "--force" in script.commands[0]


def test_tries_again_while_dvc_is_locked_and_waits_longer_each_time() -> None:
    script = Script((255, BUSY), (255, LOCKED), (255, BUSY), (0, RAN))

    outcome, said, slept = run_script(script)

    assert outcome == "ran"
    assert 3 == sum("another DVC process" in line for line in said)
    assert not [line for line in said if line.startswith("ERROR")]
    assert all(0.75 * 1.5**n <= seconds <= 1.25 * 1.5**n for n, seconds in enumerate(slept))


def test_gives_up_after_the_tries_of_params_and_says_who_was_in_the_way() -> None:
    script = Script(*[(255, BUSY)] * 4)

    with pytest.raises(BusyError, match=r"through 4 tries: .*'model\.txt' is busy"):
        run_script(script)


def test_a_failed_stage_is_not_tried_again() -> None:
    script = Script((255, FAILED))

    with pytest.raises(StageError, match=r"stages\.train, exited with 1"):
        run_script(script)
    assert 1 == len(script.commands)


def test_what_kept_the_stage_from_starting_is_said() -> None:
    said: list[str] = []
    with pytest.raises(StageError, match="missing data 'source': images"):
        reproduce("train", said.append, bench=Bench(Path(), SETTINGS, Script((255, MISSING))))

    assert MISSING == said


def test_a_stage_that_talks_about_locks_and_fails_is_not_tried_again() -> None:
    script = Script((255, [*FAILED[:2], "ERROR: Unable to acquire lock. Most likely another DVC process", FAILED[3]]))

    with pytest.raises(StageError):
        run_script(script)
