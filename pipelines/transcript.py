"""Tell apart, in what `dvc repro` prints, the stage's own words, DVC's errors and DVC's advice."""

from collections.abc import Callable
from dataclasses import dataclass, field

STARTED = "Running stage '"
LOCKED = ("Unable to acquire lock. Most likely another DVC process", "is busy, it is being blocked by")
ADVICE = (
    "Generating lock file '",
    "Updating lock file '",
    "To track the changes with git, run:",
    "\tgit add ",
    "To enable auto staging, run:",
    "\tdvc config core.autostage true",
    "Use `dvc push` to send your updates",
)


def tells_of_a_lock(text: str) -> bool:
    """Whether this is what DVC says when another DVC process is in the way."""
    return any(words in text for words in LOCKED)


@dataclass
class Transcript:
    """Passes the lines of a stage on at once; keeps back what DVC says before the stage has started."""

    say: Callable[[str], None]
    started: bool = False
    kept_back: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def hear(self, line: str) -> None:
        """Take the next line."""
        if line.startswith("ERROR: "):
            self.errors.append(line)
        if not self.started and line.startswith(STARTED):
            self.started = True
        elif not self.started:
            self.kept_back.append(line)
        elif line and not line.startswith(ADVICE):
            self.say(line)

    @property
    def locked(self) -> bool:
        """Whether another DVC process was in the way."""
        return any(map(tells_of_a_lock, self.errors))

    def reason(self) -> str:
        """Return DVC's last error, or nothing."""
        return self.errors[-1].removeprefix("ERROR: ") if self.errors else ""

    def say_kept_back(self) -> None:
        """Pass on what was kept back, because it says why the stage did not start."""
        for line in self.kept_back:
            if line:
                self.say(line)
