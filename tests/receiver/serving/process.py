"""The server as a process of its own, as people run it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS_TO_START = 60.0


class Served:
    """A running server; `log` is the file that its log goes to."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log
        self.host, self.port = self._wait_until_ready()
        self.url = f"http://{self.host}:{self.port}"

    def entries(self) -> list[dict[str, Any]]:
        """Read the log; every line of it is JSON."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def terminate(self) -> None:
        """Tell the server to stop."""
        self.process.send_signal(signal.SIGTERM)

    def _wait_until_ready(self) -> tuple[str, int]:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self.process.poll() is None:
            # The last line may not be whole yet.
            lines = self.log.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
            entries = [json.loads(line) for line in lines if line.startswith("{")]
            if "ready" in [entry["event"] for entry in entries]:
                (found,) = (entry for entry in entries if entry["event"] == "listening")
                return found["host"], found["port"]
            time.sleep(0.05)
        raise AssertionError(self.log.read_text(encoding="utf-8"))


@contextmanager
def serving(bundle: Path, log: Path, *options: object) -> Iterator[Served]:
    """Run `transferline serve` on any free port until the block ends."""
    command = [sys.executable, "-m", "pipelines.cli", "serve", str(bundle), "--port", "0", *map(str, options)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stream)
    try:
        yield Served(process, log)
    finally:
        process.kill()
        process.wait()
