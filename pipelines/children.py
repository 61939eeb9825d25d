"""Run programs from several threads, and end all of them with everything they started."""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines import guard

# The guard's own patience twice, and a little for a busy machine.
SECONDS_TO_END = 2 * guard.SECONDS_TO_TIDY_UP + 5


class StoppedError(Exception):
    """The line was stopped; no program is started any more."""


class Children:
    """The programs that run now, each under a guard in a session of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, command: Sequence[str], on_line: Callable[[str], None], *, folder: Path) -> int:
        """Run `command` in `folder`, hand each line it prints to `on_line` at once, and return its exit code.

        Raises:
            StoppedError: `stop` was called before or meanwhile.
        """
        child = self._start(command, folder)
        try:
            assert child.stdout is not None
            for line in child.stdout:
                # What programs say about being ended is of no interest.
                if not self._stopped:
                    on_line(line.rstrip("\n"))
            code = child.wait()
        finally:
            self._forget(child)
        if self._stopped:
            raise StoppedError
        return code

    def stop(self) -> None:
        """End every program with everything it started, and start no more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for child in running:
            _let_go(child)
        for child in running:
            _wait(child)

    def _start(self, command: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
        with self._lock:
            if self._stopped:
                raise StoppedError
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, *command],
                cwd=folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(child)
            return child

    def _forget(self, child: "subprocess.Popen[str]") -> None:
        _let_go(child)
        _wait(child)
        if child.stdout is not None:
            child.stdout.close()
        with self._lock:
            self._running.discard(child)


def _let_go(child: "subprocess.Popen[str]") -> None:
    if child.stdin is not None:
        child.stdin.close()


def _wait(child: "subprocess.Popen[str]") -> None:
    try:
        child.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
