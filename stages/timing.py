"""How long each stage took when it last ran here: for people to read, never an input of a result."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from transfer import atomic
from transfer.errors import DataError

# Neither git nor DVC looks into this folder: two runs that give the same results take different times.
FOLDER = Path(".transferline/times")


@dataclass(frozen=True)
class Time:
    """When a stage started, in UTC, and for how many seconds it ran."""

    started: datetime
    seconds: float

    @property
    def ended(self) -> datetime:
        """When it was done."""
        return self.started + timedelta(seconds=self.seconds)


@contextmanager
def recorded(stage: str) -> Iterator[None]:
    """Record the time that the body takes; of a body that fails nothing is recorded."""
    started, clock = datetime.now(UTC), time.monotonic()
    yield
    seconds = round(time.monotonic() - clock, 3)
    found = {"started": started.isoformat(timespec="milliseconds"), "seconds": seconds}
    atomic.write_json(FOLDER / f"{stage}.json", found)


def read() -> dict[str, Time]:
    """Return the times of all stages that have run in this folder.

    Raises:
        DataError: a file is not what `recorded` writes.
    """
    return {path.stem: _time(path) for path in sorted(FOLDER.glob("*.json"))}


def _time(path: Path) -> Time:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        started = datetime.fromisoformat(values["started"])
        return Time(started.astimezone(UTC), float(values["seconds"]))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path}: not the time of a stage ({error}); delete the file, the next run of the stage writes it again"
        raise DataError(msg) from error
